Feature: A picture does not tell where it was taken
  For people whose photographs become characters. A picture that is shared with its position
  tells strangers where somebody lives.

  @severity.blocker
  Scenario Outline: Position and camera are gone from a <kind> picture, and nothing else
    When a <kind> picture is uploaded that tells where it was taken, and by which camera
    Then nobody learns from it where it was taken, or by which camera
    And it looks exactly as it did
    And its colour profile is kept

    Examples: the kinds that carry such things
      | kind |
      | PNG  |
      | JPEG |
      | WEBP |

  Scenario: A picture that was turned on its side is still turned
    When a JPEG picture is uploaded that tells where it was taken, and by which camera
    Then it is still turned as it was

  @severity.blocker @needs.s3
  Scenario: Position and camera reach no bucket, either
    Given the studio keeps its pictures on S3
    When a JPEG picture is uploaded that tells where it was taken, and by which camera
    Then the bucket holds it as the studio tells it
    And nobody learns from it where it was taken, or by which camera
