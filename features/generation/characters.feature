@needs.references
Feature: A character is followed in every picture
  For storytellers whose heroine must look the same on each page. A character that is lost on the
  way gives a stranger her name.

  @severity.critical
  Scenario: A character that was chosen is followed
    Given reference pictures were made of "a captain with a red circle"
    When "make it blue" is asked for with 1 of the character's reference pictures
    Then the picture shows blue
    And it is told that image had an effect

  @severity.critical @needs.replicate
  Scenario: A character reaches the provider byte for byte, in its order
    Given the model takes several reference pictures
    And reference pictures were made of "a captain with a red circle"
    When "a captain at sea" is asked for with 3 of the character's reference pictures
    Then the provider was given the character's 3 reference pictures, in their order

  @needs.several-references
  Scenario: Several pictures of a character are followed together
    Given the model takes several reference pictures
    And reference pictures were made of "a captain with a red circle"
    When "a captain at sea" is asked for with 4 of the character's reference pictures
    Then the picture shows red
    And it is told that image had an effect

  @needs.several-references
  Scenario: The order of a character's pictures matters
    Given the model takes several reference pictures
    And reference pictures were made of "a captain with a red circle"
    And "a captain at sea" was asked for with 2 of the character's reference pictures
    When "a captain at sea" is asked for with the same reference pictures the other way round
    Then the two pictures differ

  @severity.critical
  Scenario: A picture tells which character it follows
    Given reference pictures were made of "a captain with a red circle"
    When "a captain at sea" is asked for with 1 of the character's reference pictures
    Then the picture names the character's reference picture

  @severity.critical
  Scenario Outline: <what> is refused, and nothing is painted
    Given reference pictures were made of "a captain with a red circle"
    When "a captain at sea" is asked for with <what>
    Then it is refused because "<why>"
    And the studio knows no job for "a captain at sea"

    Examples: what names no character, or too many
      | what                               | why                           |
      | a character that nobody described  | no stored character reference |
      | the same character's picture twice | twice                         |
      | five pictures of the character     | at most 4                     |
      | a path in the character's place    | UUID                          |

  @severity.blocker @needs.virtual-clock
  Scenario: A picture that a job follows cannot be deleted
    Given each inference step takes 10 seconds
    And "captain.png" was uploaded
    And a job for "a red circle" that follows "captain.png" is running
    When "captain.png" is deleted from the characters
    Then it is refused because the job "a red circle" uses it
    And "captain.png" comes back byte for byte

  @needs.virtual-clock
  Scenario: A picture that a job has followed can be deleted
    Given each inference step takes 10 seconds
    And "captain.png" was uploaded
    And a job for "a red circle" that follows "captain.png" is running
    And the job "a red circle" was cancelled
    When "captain.png" is deleted from the characters
    Then "captain.png" is found nowhere among the characters
