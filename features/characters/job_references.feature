Feature: A job keeps the faces that it was made with
  For storytellers who come back to a film after months. The pictures that a job was made with
  lie beside it, and nobody throws them away by mistake.

  @severity.critical @needs.own-studio
  Scenario: Reference pictures are attached to a job
    Given "captain.png" was uploaded
    And "cook.png" was uploaded
    When "captain.png, cook.png" are attached to the job "night-flight"
    Then the job "night-flight" has "captain.png" and "cook.png", byte for byte
    And nothing is told as missing

  @severity.critical @needs.s3
  Scenario: Reference pictures are attached to a job in the bucket
    Given the studio keeps its pictures on S3
    And cloud serving is on
    And "captain.png" was uploaded
    When "captain.png" is attached to the job "night-flight"
    Then the job "night-flight" has "captain.png" in the bucket, where it is agreed
    And what is told of it opens "captain.png" byte for byte

  @severity.critical @needs.own-studio
  Scenario: What is missing is listed, and the rest is attached
    Given "captain.png" was uploaded
    When "captain.png" and a picture that never was are attached to the job "night-flight"
    Then the job "night-flight" has "captain.png", byte for byte
    And the picture that never was is told as missing

  @needs.own-studio
  Scenario: Attaching a picture twice changes nothing
    Given "captain.png" was uploaded
    And "captain.png" was attached to the job "night-flight"
    When "captain.png" is attached to the job "night-flight"
    Then it is answered as the first time
    And nothing in the store has changed

  @severity.blocker @needs.own-studio
  Scenario: A picture that a job uses cannot be deleted
    Given "captain.png" was uploaded
    And "captain.png" was attached to the job "night-flight"
    When "captain.png" is deleted from the characters
    Then it is refused because "night-flight"
    And "captain.png" comes back byte for byte
    And no reference picture has come or gone

  @needs.own-studio
  Scenario: A picture that another job uses can be deleted
    Given "captain.png" was uploaded
    And "cook.png" was uploaded
    And "cook.png" was attached to the job "night-flight"
    When "captain.png" is deleted from the characters
    Then "captain.png" is found nowhere among the characters
    And "cook.png" comes back byte for byte

  @severity.blocker @needs.own-studio
  Scenario Outline: The job <job> is none
    Given "captain.png" was uploaded
    When "captain.png" is attached to the job <job>
    Then it is refused because "job_id"
    And no reference picture has come or gone

    Examples: what no folder should be called, and what is too long
      | job                                                                  |
      | ".night-flight"                                                      |
      | "-night-flight"                                                      |
      | "night flight"                                                       |
      | "night.flight"                                                       |
      | "Nachtflüge"                                                         |
      | "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz-0123456789abc" |
