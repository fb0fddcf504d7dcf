Feature: A store that is out of order loses no picture, and nobody's time
  For storytellers whose cloud is down on the evening of the show. A picture that is there must not
  be told as one that never was; and nobody waits for ever.

  @severity.blocker @needs.s3
  Scenario Outline: A picture that lies on this machine is served while the store <trouble>
    Given the studio keeps its pictures on S3, at a server that may fail
    And cloud serving is on
    And "captain.png" was uploaded
    And the store <trouble>
    When "captain.png" is fetched until the studio has noticed
    Then "captain.png" is sent byte for byte, within 5 seconds

    Examples: it refuses, it hangs
      | trouble         |
      | is out of order |
      | answers no more |

  @severity.blocker @needs.s3
  Scenario Outline: A picture that lies only in a store that <trouble> is told as out of reach
    Given the studio keeps its pictures on S3, at a server that may fail
    And cloud serving is on
    And "captain.png" was uploaded
    And the copies on this machine are lost
    And the store <trouble>
    When "captain.png" is fetched until the studio has noticed
    Then it is told as out of reach, within 5 seconds

    Examples: it refuses, it hangs
      | trouble         |
      | is out of order |
      | answers no more |

  @severity.blocker @needs.s3
  Scenario: A picture is served again once the store is back
    Given the studio keeps its pictures on S3, at a server that may fail
    And "captain.png" was uploaded
    And the copies on this machine are lost
    And the store answers no more
    When the store answers again
    Then "captain.png" can soon be had again, byte for byte

  @severity.blocker @needs.s3
  Scenario: A picture that the bucket does not take is kept on this machine, and said so
    Given the studio keeps its pictures on S3
    And the store may only be read
    When reference pictures are made of "a captain with a red coat"
    Then there are 4 reference pictures
    And it is said that they are kept on this machine only
    And each of them can be fetched and is a picture
    And the bucket holds no picture

  @severity.critical @needs.s3
  Scenario: An upload that the bucket does not take is kept on this machine, and said so
    Given the studio keeps its pictures on S3
    And the store may only be read
    When a PNG picture is uploaded as "captain.png"
    Then it is kept byte for byte
    And it is said that it is kept on this machine only

  @severity.critical @needs.s3
  Scenario: Pictures that were kept on this machine only are in the bucket after the next start
    Given the studio keeps its pictures on S3, at a server that may fail
    And "captain.png" was uploaded
    And the store is out of order
    And "cook.png" was uploaded
    And the store is in order again
    When the studio is restarted
    Then the bucket soon holds "captain.png" and "cook.png" as they were

  @severity.critical @needs.s3
  Scenario Outline: A studio whose bucket <trouble> says so, and works on
    Given the studio keeps its pictures on S3, but its bucket <trouble>
    When a PNG picture is uploaded as "captain.png"
    Then it is kept byte for byte
    And it is said that it is kept on this machine only
    And the studio's health soon tells of its store

    Examples: it was never made, it knows another key
      | trouble           |
      | is missing        |
      | knows another key |

  @severity.critical @needs.s3
  Scenario: A store that hangs does not keep the studio from telling how it is
    Given the studio keeps its pictures on S3, at a server that may fail
    And "captain.png" was uploaded
    And the store answers no more
    When the studio is asked how it is
    Then the studio's health soon tells of its store

  @severity.critical @needs.s3
  Scenario: Nothing opens the bucket in what is said of an outage
    Given the studio keeps its pictures on S3, at a server that may fail
    And the studio's log is read along
    And "captain.png" was uploaded
    And the copies on this machine are lost
    And the store is out of order
    When "captain.png" is fetched
    Then no key of the bucket is told
