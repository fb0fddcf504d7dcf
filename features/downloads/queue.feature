Feature: Downloads wait for their turn
  For everybody who shares a line. Too many at once are all slow; a queue that forgets or
  mixes up is worse than none.

  @severity.critical @needs.own-studio
  Scenario: First come, first served
    Given one download may run at a time
    And somebody listens to the downloads
    And "neon-city.safetensors" runs, and these wait
      | name                 |
      | old-film.safetensors |
      | ink-wash.safetensors |
      | fog-bank.safetensors |
    When the hub goes on until everything is downloaded
    Then the downloads began in this order
      | name                  |
      | neon-city.safetensors |
      | old-film.safetensors  |
      | ink-wash.safetensors  |
      | fog-bank.safetensors  |
    And nothing else has changed

  @severity.critical @needs.own-studio
  Scenario: A hurried download goes to the top, and stops nobody
    Given one download may run at a time
    And somebody listens to the downloads
    And "neon-city.safetensors" runs, and these wait
      | name                 |
      | old-film.safetensors |
      | ink-wash.safetensors |
    And "fog-bank.safetensors" has been asked for in a hurry
    When the hub goes on until everything is downloaded
    Then the downloads began in this order
      | name                  |
      | neon-city.safetensors |
      | fog-bank.safetensors  |
      | old-film.safetensors  |
      | ink-wash.safetensors  |

  @needs.own-studio
  Scenario Outline: A waiting download that is hurried <how> moves to place <place>
    Given one download may run at a time
    And "neon-city.safetensors" runs, and these wait
      | name                 |
      | old-film.safetensors |
      | ink-wash.safetensors |
      | fog-bank.safetensors |
    When "ink-wash.safetensors" is hurried <how>
    Then "ink-wash.safetensors" waits in place <place>
    And "old-film.safetensors" waits in place <other>

    Examples: to the top, to the end
      | how     | place | other |
      | more    | 1     | 2     |
      | no more | 3     | 1     |

  @severity.critical @needs.own-studio
  Scenario Outline: Never more than <number> run at the same time
    Given <number> downloads may run at a time
    And somebody listens to the downloads
    And the hub offers 8 models
    When all of them are downloaded, one let go after the other
    Then every one of them is complete
    And never more than <number> downloads ran at the same time
    And nothing else has changed

    Examples: one, some, all but one
      | number |
      | one    |
      | three  |
      | seven  |

  @severity.critical @needs.own-studio
  Scenario: More may run as soon as it is said
    Given one download may run at a time
    And "neon-city.safetensors" runs, and these wait
      | name                 |
      | old-film.safetensors |
      | ink-wash.safetensors |
    When two downloads may run at a time from now on
    Then "old-film.safetensors" is running
    And "ink-wash.safetensors" is queued

  @severity.critical @needs.own-studio
  Scenario: Fewer may run as soon as it is said, and none is stopped for it
    Given two downloads may run at a time
    And these run, and "fog-bank.safetensors" waits
      | name                  |
      | neon-city.safetensors |
      | old-film.safetensors  |
    And only one download may run at a time from now on
    When the hub goes on with "neon-city.safetensors"
    Then "neon-city.safetensors" is complete
    And "old-film.safetensors" is running
    And "fog-bank.safetensors" is queued

  @severity.critical @needs.virtual-clock
  Scenario: A download that waits for a busy hub holds no place
    Given one download may run at a time
    And the hub offers the LoRA "neon-city.safetensors" of 300 KB
    And the hub offers the LoRA "old-film.safetensors" of 300 KB
    And the hub is busy with "neon-city.safetensors" for 2 minutes
    When all of them are downloaded
    Then "old-film.safetensors" is complete
    And "neon-city.safetensors" is waiting

  Rule: Who wants the same, shares; who wants something else, does not

    Scenario: Two who want the same model share one download
      Given the hub offers the LoRA "neon-city.safetensors" of 1 MB
      And "neon-city.safetensors" is half downloaded
      When "neon-city.safetensors" is asked for once more
      Then "neon-city.safetensors" is downloaded only once
      And the hub has sent each byte of "neon-city.safetensors" once
      And nothing else has changed

    Scenario: Whoever expects another checksum does not share
      Given the hub offers the LoRA "neon-city.safetensors" of 1 MB
      And the hub offers the LoRA "old-film.safetensors" of 1 MB
      And "neon-city.safetensors" is half downloaded
      When "neon-city.safetensors" is asked for once more, with the checksum of "old-film.safetensors"
      Then the download of "neon-city.safetensors" fails because "its checksum is wrong"
      And there were two downloads of "neon-city.safetensors"

    Scenario: A caller's own name for a download stands for that download alone
      Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
      And the hub offers the LoRA "old-film.safetensors" of 300 KB
      And "neon-city.safetensors" has been downloaded under the caller's own name "monday-1"
      When "old-film.safetensors" is downloaded under the caller's own name "monday-1"
      Then it is refused because "monday-1"
      And the hub was never asked for "old-film.safetensors"
      And nothing else has changed

  Rule: The line is shared as agreed

    @severity.critical @needs.virtual-clock
    Scenario: All downloads together keep to the speed that was agreed
      Given all downloads together may take 1 MB a second
      And the hub offers these models
        | name                  | size |
        | neon-city.safetensors | 8 MB |
        | old-film.safetensors  | 8 MB |
      And all of them run
      When 4 seconds pass, bit by bit
      Then 4 MB have come in that time, within 10 %
