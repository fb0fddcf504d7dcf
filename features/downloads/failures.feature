Feature: A download that cannot be done says why, at once
  For artists who have to decide what to do next. "It did not work" costs an evening; trying
  again what cannot succeed costs a night.

  @severity.critical
  Scenario Outline: A hub that <refuses> a model is told apart, and asked once
    Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
    And the hub <refuses> "neon-city.safetensors"
    When "neon-city.safetensors" is downloaded
    Then the download of "neon-city.safetensors" fails because "<why>"
    And the hub was asked for "neon-city.safetensors" once
    And nothing of "neon-city.safetensors" is kept
    And nothing else has changed

    Examples: what no second attempt would change
      | refuses             | why                       |
      | wants a sign-in for | only to those who sign in |
      | does not permit     | does not permit           |
      | does not know       | has no such file          |
      | has removed         | has this file no longer   |

  @severity.critical @needs.own-studio
  Scenario: A model in early access says until when
    Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
    And "neon-city.safetensors" is in early access for 3 days
    When the hub's version of "neon-city.safetensors" is downloaded
    Then the download of "neon-city.safetensors" fails because "early access"
    And it is told when the early access ends
    And nothing of "neon-city.safetensors" is kept

  Scenario: A hub that redirects in circles is not followed for ever
    Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
    And the hub redirects in circles for "neon-city.safetensors"
    When "neon-city.safetensors" is downloaded
    Then the download of "neon-city.safetensors" fails because "redirects in circles"
    And nothing of "neon-city.safetensors" is kept

  @needs.virtual-clock
  Scenario: A hub that claims more than it has is given up
    Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
    And the hub claims that "neon-city.safetensors" is 1 byte longer than it is
    When "neon-city.safetensors" is downloaded, and every wait passes
    Then the download of "neon-city.safetensors" fails
    And nothing of "neon-city.safetensors" is kept
    And nothing else has changed

  @needs.virtual-clock
  Scenario: A hub that is gone is named
    Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
    And the hub cannot be reached
    When "neon-city.safetensors" is downloaded, and every wait passes
    Then the download of "neon-city.safetensors" fails because "127.0.0.1"
    And nothing of "neon-city.safetensors" is kept

  @needs.own-studio
  Scenario: The queue goes on after a failure
    Given one download may run at a time
    And the hub offers these models
      | name                  | size   |
      | neon-city.safetensors | 200 KB |
      | old-film.safetensors  | 300 KB |
    And the hub has removed "neon-city.safetensors"
    When all of them are downloaded
    Then the download of "neon-city.safetensors" fails because "has this file no longer"
    And "old-film.safetensors" is complete
    And nothing else has changed

  @severity.critical
  Scenario: A failed download is failed everywhere
    Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
    And the hub publishes a wrong checksum for "neon-city.safetensors"
    And somebody listens to the downloads
    When "neon-city.safetensors" is downloaded
    Then the list of downloads shows "neon-city.safetensors" as failed
    And the listeners hear of one end of "neon-city.safetensors", that it failed
    And the history tells once that "neon-city.safetensors" failed

  Rule: The disk's troubles are told as such, and harm nothing

    @severity.critical @needs.own-studio
    Scenario: What does not fit is refused before it begins
      Given the disk must keep more free than it has
      And the hub offers the LoRA "neon-city.safetensors" of 300 KB
      When the hub's version of "neon-city.safetensors" is downloaded
      Then the download of "neon-city.safetensors" fails because "free"
      And the hub was never asked for "neon-city.safetensors"
      And nothing of "neon-city.safetensors" is kept

    @needs.own-studio
    Scenario: What did not fit is downloaded once there is room
      Given the disk must keep more free than it has
      And the hub offers the LoRA "neon-city.safetensors" of 300 KB
      And the download of "neon-city.safetensors" has failed
      And the disk has room again
      When "neon-city.safetensors" is tried again
      Then "neon-city.safetensors" is complete
      And the library holds "neon-city.safetensors" byte for byte

    @severity.critical @needs.own-disk @needs.virtual-clock
    Scenario: A disk that fills up midway harms no model, and the download goes on once there is room
      Given the studio's disk has room for 12 MB
      And the hub offers the LoRA "neon-city.safetensors" of 4 MB
      And the hub does not tell the length of "neon-city.safetensors"
      And somebody else has filled the disk while "neon-city.safetensors" was half downloaded
      When there is room again, and every wait of "neon-city.safetensors" passes
      Then "neon-city.safetensors" is complete
      And nothing else has changed

    @severity.critical @needs.own-disk
    Scenario: A write-protected folder is told as such, and the queue goes on
      Given the folder of the LoRAs is write-protected
      And the hub offers the LoRA "neon-city.safetensors" of 300 KB
      And the hub offers the checkpoint "old-film.safetensors" of 300 KB
      When all of them are downloaded
      Then the download of "neon-city.safetensors" fails because "may not write"
      And "old-film.safetensors" is complete
      And nothing else has changed
