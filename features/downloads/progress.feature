Feature: Everybody sees how a download goes
  For artists who watch a long download, and for the tools that wait for it. Without one
  clear end, people start a second download or wait for ever.

  @severity.critical
  Scenario: Listeners hear a download from its first moment to its one end
    Given the hub offers the LoRA "neon-city.safetensors" of 4 MB
    And somebody listens to the downloads
    When "neon-city.safetensors" is downloaded
    Then the listeners hear that "neon-city.safetensors" was
      | what      |
      | queued    |
      | started   |
      | verifying |
      | completed |
    And it is in the library then
    And nothing else has changed

  @severity.critical
  Scenario: Listeners hear of a pause and of its end
    Given the hub offers the LoRA "neon-city.safetensors" of 4 MB
    And somebody listens to the downloads
    And "neon-city.safetensors" is paused after 1 MB
    When "neon-city.safetensors" is resumed
    Then the listeners hear that "neon-city.safetensors" was
      | what      |
      | queued    |
      | started   |
      | paused    |
      | resumed   |
      | started   |
      | verifying |
      | completed |

  @needs.virtual-clock
  Scenario: Progress is told while a download runs, and only grows
    Given the hub offers the LoRA "neon-city.safetensors" of 4 MB
    And somebody listens to the downloads
    And "neon-city.safetensors" is half downloaded
    When the hub goes on with "neon-city.safetensors" after 3 seconds
    Then "neon-city.safetensors" is complete
    And its progress was told more than once and only grew

  @needs.virtual-clock
  Scenario: Progress only grows, also when a new edition has to be fetched afresh
    Given the hub offers the LoRA "neon-city.safetensors" of 4 MB
    And somebody listens to the downloads
    And "neon-city.safetensors" is paused after 3 MB
    And the hub has a new edition of "neon-city.safetensors"
    When "neon-city.safetensors" is resumed, and 3 seconds pass midway
    Then "neon-city.safetensors" is complete
    And its progress only grew

  @needs.own-studio
  Scenario: Progress is told at most ten times a second
    Given the studio lives by the real clock
    And all downloads together may take 8 MB a second
    And the hub offers the LoRA "neon-city.safetensors" of 4 MB
    And somebody listens to the downloads
    When "neon-city.safetensors" is downloaded
    Then "neon-city.safetensors" is complete
    And its progress was told more than once, and never twice within a tenth of a second

  Scenario: Whoever comes later sees how far a download is
    Given the hub offers the LoRA "neon-city.safetensors" of 4 MB
    And "neon-city.safetensors" is downloaded up to 1 MB
    When somebody listens to the downloads
    Then the listener is told at once that 1 MB of 4 MB of "neon-city.safetensors" are done

  Scenario: Whoever listens to one download hears of that one alone
    Given the hub offers the LoRA "neon-city.safetensors" of 4 MB
    And the hub offers the LoRA "old-film.safetensors" of 4 MB
    And "neon-city.safetensors" is half downloaded
    And "old-film.safetensors" is half downloaded
    And somebody listens to the download of "old-film.safetensors"
    When the hub goes on until everything is downloaded
    Then the listeners hear of one end of "old-film.safetensors", and nothing of "neon-city.safetensors"

  @severity.critical
  Scenario: A listener who cannot keep up misses no end
    Given somebody listens to the downloads, but does not keep up
    And 20 downloads have been completed
    When the listener of the downloads catches up
    Then the listener has heard of the one end of every download

  Rule: The history and the counts tell the same

    Scenario: The history tells what ended, the newest first
      Given the hub offers these models
        | name                  | size   |
        | neon-city.safetensors | 200 KB |
        | old-film.safetensors  | 300 KB |
        | ink-wash.safetensors  | 100 KB |
      And the hub has removed "old-film.safetensors"
      When they are downloaded one after the other
      Then the history tells, in this order
        | name                  | end       |
        | ink-wash.safetensors  | completed |
        | old-film.safetensors  | failed    |
        | neon-city.safetensors | completed |

    Scenario: The counts tell how many downloads are in which state
      Given the hub offers these models
        | name                  | size   |
        | neon-city.safetensors | 200 KB |
        | old-film.safetensors  | 300 KB |
        | ink-wash.safetensors  | 100 KB |
      And the hub has removed "old-film.safetensors"
      When they are downloaded one after the other
      Then 2 downloads are counted as completed, and 1 as failed

    Scenario: The list is cleared of what ended, and of nothing else
      Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
      And the hub offers the LoRA "old-film.safetensors" of 4 MB
      And "neon-city.safetensors" has been downloaded
      And "old-film.safetensors" is half downloaded
      When the list is cleared of what was completed
      Then the list of downloads does not show "neon-city.safetensors"
      And the library holds "neon-city.safetensors" byte for byte
