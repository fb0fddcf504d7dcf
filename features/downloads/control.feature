Feature: A download does what it is told
  For artists who need the line for something else, now. A download that runs on after it was
  stopped, or leaves gigabytes behind, takes what is not its own.

  @severity.critical
  Scenario: Pausing stops the traffic, and keeps what has come
    Given the hub offers the LoRA "neon-city.safetensors" of 4 MB
    And "neon-city.safetensors" is downloaded up to 1 MB
    When "neon-city.safetensors" is paused
    Then "neon-city.safetensors" is paused
    And 1 MB of "neon-city.safetensors" are told as done
    And the hub sends no more of "neon-city.safetensors"
    And nothing else has changed

  @severity.critical @needs.own-studio
  Scenario: A paused download gives its place to one that waits
    Given one download may run at a time
    And the hub offers these models
      | name                  | size   |
      | neon-city.safetensors | 4 MB   |
      | old-film.safetensors  | 200 KB |
    And "neon-city.safetensors" is half downloaded
    And "old-film.safetensors" is queued
    When "neon-city.safetensors" is paused
    Then "old-film.safetensors" is complete
    And "neon-city.safetensors" is paused

  @needs.own-studio
  Scenario: A resumed download waits for a place when there is none
    Given one download may run at a time
    And the hub offers the LoRA "neon-city.safetensors" of 4 MB
    And the hub offers the LoRA "old-film.safetensors" of 4 MB
    And "neon-city.safetensors" is paused after 1 MB
    And "old-film.safetensors" is half downloaded
    When "neon-city.safetensors" is resumed
    Then "neon-city.safetensors" is queued

  @severity.critical @needs.virtual-clock
  Scenario Outline: A <state> download that is <ended> leaves no trace, and everybody hears of it
    Given the hub offers the LoRA "neon-city.safetensors" of 4 MB
    And somebody listens to the downloads
    And the download of "neon-city.safetensors" is <state>
    When "neon-city.safetensors" is <ended>
    Then "neon-city.safetensors" is <ended> at once
    And nothing of "neon-city.safetensors" is kept
    And the listeners hear of one end of "neon-city.safetensors", that it was <ended>

    Examples: from every state in which it is not over
      | state   | ended     |
      | queued  | cancelled |
      | running | cancelled |
      | waiting | cancelled |
      | paused  | cancelled |
      | queued  | skipped   |
      | running | skipped   |
      | waiting | skipped   |
      | paused  | skipped   |

  @severity.critical @needs.own-studio
  Scenario: A cancelled download frees its place at once
    Given one download may run at a time
    And the hub offers these models
      | name                  | size   |
      | neon-city.safetensors | 4 MB   |
      | old-film.safetensors  | 200 KB |
    And "neon-city.safetensors" is half downloaded
    And "old-film.safetensors" is queued
    When "neon-city.safetensors" is cancelled
    Then "old-film.safetensors" is complete
    And nothing else has changed

  Scenario: Cancelling one download leaves the others alone
    Given the hub offers these models
      | name                  | size |
      | neon-city.safetensors | 4 MB |
      | old-film.safetensors  | 4 MB |
    And "neon-city.safetensors" is half downloaded
    And "old-film.safetensors" is half downloaded
    When "neon-city.safetensors" is cancelled, and the hub goes on
    Then "old-film.safetensors" is complete
    And the hub has sent each byte of "old-film.safetensors" once
    And nothing else has changed

  @severity.critical @needs.virtual-clock
  Scenario Outline: A <state> download cannot be <moved>
    Given the hub offers the LoRA "neon-city.safetensors" of 4 MB
    And the download of "neon-city.safetensors" is <state>
    When "neon-city.safetensors" is <moved>
    Then it is refused because "<state>"
    And "neon-city.safetensors" is <state>
    And nothing else has changed

    Examples: what would make no sense
      | state     | moved       |
      | queued    | paused      |
      | queued    | resumed     |
      | queued    | tried again |
      | running   | resumed     |
      | running   | tried again |
      | waiting   | paused      |
      | waiting   | resumed     |
      | waiting   | tried again |
      | paused    | paused      |
      | paused    | tried again |
      | completed | paused      |
      | completed | resumed     |
      | completed | cancelled   |
      | completed | skipped     |
      | completed | tried again |
      | failed    | paused      |
      | failed    | cancelled   |
      | failed    | skipped     |
      | cancelled | resumed     |
      | cancelled | skipped     |
      | skipped   | resumed     |
      | skipped   | cancelled   |
      | skipped   | tried again |

  Rule: What ended badly can be tried again

    @severity.critical
    Scenario: A failed download succeeds once the hub is mended, and is told once
      Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
      And the hub refuses "neon-city.safetensors" once
      And the download of "neon-city.safetensors" has failed
      When "neon-city.safetensors" is tried again
      Then "neon-city.safetensors" is complete
      And the library holds "neon-city.safetensors" byte for byte
      And the history tells once that "neon-city.safetensors" was completed

    Scenario: A cancelled download can be fetched after all
      Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
      And the download of "neon-city.safetensors" is cancelled
      When "neon-city.safetensors" is tried again
      Then "neon-city.safetensors" is complete
      And the library holds "neon-city.safetensors" byte for byte
      And the history tells once that "neon-city.safetensors" was completed

    Scenario: Everything that failed is tried again with one wish
      Given the hub offers these models
        | name                  | size   |
        | neon-city.safetensors | 200 KB |
        | old-film.safetensors  | 300 KB |
      And the hub refuses "neon-city.safetensors" once
      And all of them have been asked for, and "neon-city.safetensors" has failed
      When everything that failed is tried again
      Then "neon-city.safetensors" is complete
      And the hub was asked for "old-film.safetensors" once
