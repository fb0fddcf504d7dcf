Feature: Reference pictures are found, named and thrown away
  For storytellers with a cast of hundreds. What cannot be found again was made in vain, and what
  was thrown away must not be seen again.

  @severity.critical
  Scenario: The newest are shown first, each once, page after page
    Given 7 pictures were uploaded one after the other
    When the list of characters is turned in pages of 3
    Then each of them is shown once, the newest first
    And no page shows more than 3

  Scenario: The list tells what there is to know
    Given "captain.png" was uploaded
    When "captain.png" gets the label "the captain at night"
    Then the list tells of "captain.png" its name, its size, its kind, and the label "the captain at night"

  Scenario: A label changes nothing but the label
    Given "captain.png" was uploaded
    And "cook.png" was uploaded
    When "captain.png" gets the label "the captain at night"
    Then nothing but the label of "captain.png" has changed
    And "captain.png" comes back byte for byte

  Scenario: A label nobody could read is refused
    Given "captain.png" was uploaded
    When "captain.png" gets a label of 10000 letters
    Then it is refused because "label"
    And no reference picture has come or gone

  Scenario: A picture is shown small
    Given "captain.png" was uploaded
    When "captain.png" is shown small
    Then a smaller picture of the same proportions is shown
    And "captain.png" comes back byte for byte

  @severity.critical
  Scenario: A deleted picture is gone from everywhere
    Given "captain.png" was uploaded
    And "cook.png" was uploaded
    When "captain.png" is deleted from the characters
    Then "captain.png" is found nowhere among the characters
    And "cook.png" comes back byte for byte
    And nothing but "captain.png" has gone

  Scenario: A deleted picture cannot be deleted again
    Given "captain.png" was uploaded
    And "captain.png" was deleted from the characters
    When "captain.png" is deleted from the characters
    Then it is refused because "not found"
    And no reference picture has come or gone

  @needs.s3
  Scenario: A deleted picture is gone from the bucket, too
    Given the studio keeps its pictures on S3
    And "captain.png" was uploaded
    And "cook.png" was uploaded
    When "captain.png" is deleted from the characters
    Then "captain.png" is found nowhere among the characters
    And the bucket holds "cook.png", and no other picture

  Scenario Outline: Page <page> of <size> to a page is refused
    When page <page> of the list is opened, <size> to a page
    Then it is refused because "<why>"

    Examples: what is no page
      | page | size | why       |
      | 0    | 20   | page      |
      | 1    | 0    | page_size |
      | 1    | 101  | page_size |

  Scenario: Behind the last page there is nothing
    Given "captain.png" was uploaded
    When page 9999 of the list is opened, 20 to a page
    Then it is answered
    And it shows nothing
