Feature: A link opens one picture for a while, and nothing else
  For galleries that fetch their pictures from the cloud. A link that opens nothing shows empty
  frames; a link that opens more gives the bucket away.

  Background:
    Given the studio keeps its pictures on S3
    And cloud serving is on

  @severity.blocker @needs.s3
  Scenario: The link opens the picture for everybody
    Given "captain.png" was uploaded
    When "captain.png" is fetched
    Then a link to "captain.png" is told, as it is agreed
    And the link opens "captain.png" byte for byte

  @severity.critical @needs.s3
  Scenario: Each picture that was made has a link that opens it
    When reference pictures are made of "a captain with a red coat" as WEBP
    Then each of them has a link that opens it
    And the bucket holds each of them where it is agreed

  @severity.critical @needs.s3
  Scenario: Who wants to be led to the picture arrives in one step
    Given "captain.png" was uploaded
    When "captain.png" is fetched by somebody who follows
    Then one step leads to "captain.png", byte for byte

  @severity.critical @needs.s3
  Scenario: Who cannot follow gets the picture through the studio
    Given "captain.png" was uploaded
    When "captain.png" is fetched by somebody who cannot follow
    Then "captain.png" is sent byte for byte
    And it is sent as the picture that it is, to be taken for nothing else

  @severity.blocker @needs.s3
  Scenario: A link is good for as long as was told, and then no more
    Given links are good for 2 seconds
    And "captain.png" was uploaded
    And a link to "captain.png" was fetched
    When the time of the link has run out
    Then the link opens nothing
    And a new link opens "captain.png" byte for byte

  @severity.blocker @needs.s3
  Scenario Outline: A link that is used <misuse> opens nothing
    Given "captain.png" was uploaded
    And "cook.png" was uploaded
    And a link to "captain.png" was fetched
    When the link to "captain.png" is used <misuse>, such as that of "cook.png"
    Then nothing was opened
    And the bucket holds "captain.png" and "cook.png" as they were

    Examples: for another picture, another time, another deed
      | misuse                                 |
      | with another picture's name            |
      | with another deadline                  |
      | with a letter of its signature changed |
      | without its signature                  |
      | to write                               |
      | to delete                              |
      | for the whole bucket                   |

  @needs.s3
  Scenario: The same picture has the same link for a while
    Given "captain.png" was uploaded
    And a link to "captain.png" was fetched
    When "captain.png" is fetched
    Then the link is the same as before

  @severity.critical @needs.s3
  Scenario: A link is written down nowhere
    Given the studio's log is read along
    And "captain.png" was uploaded
    When "captain.png" is fetched
    Then the link opens "captain.png" byte for byte
    And neither the link nor what it was signed with is kept or logged

  @severity.critical @needs.s3
  Scenario: A studio on a new machine finds the pictures that lie in the bucket
    Given "captain.png" was uploaded
    And the studio was set up anew on an empty machine
    When "captain.png" is fetched
    Then the link opens "captain.png" byte for byte
