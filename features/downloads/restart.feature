Feature: Downloads outlive the studio
  For whoever updates a studio, or trips over its cable, in the middle of the night's
  downloads. What is lost is fetched again for hours; what is half written must not pass
  for a model.

  @severity.critical @needs.own-studio
  Scenario: A running download goes on from its bytes after a restart
    Given the hub offers the LoRA "neon-city.safetensors" of 4 MB
    And "neon-city.safetensors" is downloaded up to 1 MB
    When the studio is restarted, and the hub goes on
    Then "neon-city.safetensors" is complete
    And the library holds "neon-city.safetensors" byte for byte
    And the hub has sent each byte of "neon-city.safetensors" once
    And nothing else has changed

  @severity.blocker @needs.own-studio
  Scenario Outline: A studio that is killed after <done> of 4 MB loses nothing
    Given the studio may be killed
    And the hub offers the LoRA "neon-city.safetensors" of 4 MB
    And "neon-city.safetensors" is downloaded up to <done>
    When the studio is killed and started anew, and the hub goes on
    Then "neon-city.safetensors" is complete
    And the library holds "neon-city.safetensors" byte for byte
    And nothing else has changed

    Examples: after the first byte, in the middle, before the last one
      | done          |
      | 1 byte        |
      | 2 MB          |
      | 3999000 bytes |

  @severity.critical @needs.own-studio
  Scenario: A kill costs at most one piece a connection
    Given the studio may be killed
    And the hub offers the LoRA "neon-city.safetensors" of 40 MB
    And "neon-city.safetensors" is half downloaded
    When the studio is killed and started anew, and the hub goes on
    Then "neon-city.safetensors" is complete
    And the library holds "neon-city.safetensors" byte for byte
    And the hub has sent at most 34 MB of "neon-city.safetensors" twice

  @severity.critical @needs.own-studio
  Scenario: A half-written model does not pass for one after a kill
    Given the studio may be killed
    And the hub offers the LoRA "neon-city.safetensors" of 4 MB
    And "neon-city.safetensors" is half downloaded
    When the studio is killed and started anew
    Then nothing bears the name of "neon-city.safetensors" yet
    And nothing else has changed

  @severity.critical @needs.own-studio
  Scenario: Those that wait keep their order
    Given one download may run at a time
    And "neon-city.safetensors" runs, and these wait
      | name                 |
      | old-film.safetensors |
      | ink-wash.safetensors |
    And "fog-bank.safetensors" has been asked for in a hurry
    When the studio is restarted
    Then these wait, in this order
      | name                 |
      | fog-bank.safetensors |
      | old-film.safetensors |
      | ink-wash.safetensors |

  @needs.own-studio
  Scenario: A paused download stays paused, and goes on where it stopped when it is told to
    Given the hub offers the LoRA "neon-city.safetensors" of 4 MB
    And "neon-city.safetensors" is paused after 1 MB
    And the studio was restarted
    When "neon-city.safetensors" is resumed
    Then "neon-city.safetensors" is complete
    And the hub has sent each byte of "neon-city.safetensors" once

  @needs.virtual-clock
  Scenario: A download that waits for a busy hub is taken up again
    Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
    And "neon-city.safetensors" waits 2 minutes for the busy hub
    When the studio is restarted
    Then "neon-city.safetensors" is complete
    And the library holds "neon-city.safetensors" byte for byte

  @severity.critical @needs.own-studio
  Scenario: A file that changed while the studio was away is fetched afresh
    Given the hub offers the LoRA "neon-city.safetensors" of 4 MB
    And "neon-city.safetensors" is downloaded up to 1 MB
    When the studio is restarted, and the hub goes on with a new edition of "neon-city.safetensors"
    Then "neon-city.safetensors" is complete
    And the library holds "neon-city.safetensors" byte for byte
    And nothing else has changed

  @needs.own-studio
  Scenario Outline: What was <ended> stays so
    Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
    And the download of "neon-city.safetensors" is <ended>
    When the studio is restarted
    Then "neon-city.safetensors" is <ended>
    And the history tells once that "neon-city.safetensors" <so>
    And nothing else has changed

    Examples: all four ends
      | ended     | so            |
      | completed | was completed |
      | failed    | failed        |
      | cancelled | was cancelled |
      | skipped   | was skipped   |

  @needs.own-studio
  Scenario: Partial files that belong to nobody are swept away
    Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
    And "neon-city.safetensors" has been downloaded
    And a partial file that belongs to no download lies in the LoRA folder
    When the studio is restarted
    Then the library holds "neon-city.safetensors" byte for byte
    And nothing else has changed
