Feature: How characters are kept is set once, and told without secrets
  For whoever sets a studio up. A mistake must be told before the first picture is made, and a
  secret to nobody.

  @needs.own-studio
  Scenario: The studio tells how it keeps its pictures
    When the studio is asked how it keeps its pictures
    Then it tells
      | SERVE_FROM_CLOUD      | no    |
      | STORAGE_BACKEND       | local |
      | PRESIGNED_URL_EXPIRY  | 3600  |
      | cloud_serving_enabled | no    |

  @severity.blocker @needs.s3
  Scenario: What opens the bucket is told to nobody
    Given the studio keeps its pictures on S3
    And cloud serving is on
    When the studio is asked how it keeps its pictures
    Then it tells
      | SERVE_FROM_CLOUD      | yes  |
      | STORAGE_BACKEND       | s3   |
      | PRESIGNED_URL_EXPIRY  | 3600 |
      | cloud_serving_enabled | yes  |
    And no key of the bucket is told

  @needs.own-studio
  Scenario: Cloud serving without a cloud stays off
    Given cloud serving is on
    When the studio is asked how it keeps its pictures
    Then it tells
      | SERVE_FROM_CLOUD      | yes   |
      | STORAGE_BACKEND       | local |
      | PRESIGNED_URL_EXPIRY  | 3600  |
      | cloud_serving_enabled | no    |

  @severity.critical @needs.own-studio
  Scenario Outline: A studio with <setting> set to <value> does not start
    Given <setting> is set to "<value>"
    When the studio is started
    Then it does not start because "<setting>"

    Examples: beyond the limits, or no number at all
      | setting              | value   |
      | PRESIGNED_URL_EXPIRY | 0       |
      | PRESIGNED_URL_EXPIRY | 604801  |
      | PRESIGNED_URL_EXPIRY | an hour |
      | ASSET_BACKUP_LIMIT   | 0       |
      | STORAGE_BACKEND      | gcs     |

  @severity.critical @needs.own-studio
  Scenario: S3 without the name of a bucket is told at the start
    Given STORAGE_BACKEND is set to "s3"
    When the studio is started
    Then it does not start because "STORAGE_BUCKET"

  @needs.own-studio
  Scenario Outline: Links may be good for <seconds> seconds
    Given PRESIGNED_URL_EXPIRY is set to "<seconds>"
    When the studio is asked how it keeps its pictures
    Then it tells
      | SERVE_FROM_CLOUD      | no        |
      | STORAGE_BACKEND       | local     |
      | PRESIGNED_URL_EXPIRY  | <seconds> |
      | cloud_serving_enabled | no        |

    Examples: the least and the most
      | seconds |
      | 1       |
      | 604800  |
