Feature: A broken download goes on where it broke
  For artists on a thin line. Twenty gigabytes that begin again with every break never
  arrive; halves of two editions that were put together are worse.

  @severity.blocker
  Scenario: A paused download goes on where it stopped
    Given the hub offers the LoRA "neon-city.safetensors" of 4 MB
    And "neon-city.safetensors" is paused after 1 MB
    When "neon-city.safetensors" is resumed
    Then "neon-city.safetensors" is complete
    And the library holds "neon-city.safetensors" byte for byte
    And the hub has sent each byte of "neon-city.safetensors" once
    And nothing else has changed

  @severity.critical
  Scenario: Whoever asks for the rest says of which edition it must be
    Given the hub offers the LoRA "neon-city.safetensors" of 4 MB
    And "neon-city.safetensors" is paused after 1 MB
    When "neon-city.safetensors" is resumed
    Then "neon-city.safetensors" is complete
    And the hub was told of which edition each piece of "neon-city.safetensors" must be

  @severity.critical @needs.virtual-clock
  Scenario Outline: A connection that breaks after <done> of 4 MB costs no byte twice
    Given the hub offers the LoRA "neon-city.safetensors" of 4 MB
    And the hub's connection breaks after <done> of "neon-city.safetensors"
    When "neon-city.safetensors" is downloaded, and every wait passes
    Then "neon-city.safetensors" is complete
    And the library holds "neon-city.safetensors" byte for byte
    And the hub has sent each byte of "neon-city.safetensors" once

    Examples: at the very beginning, in the middle, shortly before the end
      | done    |
      | 1 byte  |
      | 1 MB    |
      | 3.99 MB |

  Rule: Two editions are never mixed

    @severity.blocker
    Scenario: A file that changes while its download is paused is fetched afresh
      Given the hub offers the LoRA "neon-city.safetensors" of 4 MB
      And "neon-city.safetensors" is paused after 1 MB
      And the hub has a new edition of "neon-city.safetensors"
      When "neon-city.safetensors" is resumed
      Then "neon-city.safetensors" is complete
      And the library holds "neon-city.safetensors" byte for byte
      And nothing else has changed

    @severity.critical @needs.own-studio
    Scenario: A file that changes under several open connections is fetched afresh
      Given a download may open 2 connections
      And the hub offers the LoRA "neon-city.safetensors" of 40 MB
      And "neon-city.safetensors" is half downloaded
      When the hub goes on with a new edition of "neon-city.safetensors"
      Then "neon-city.safetensors" is complete
      And the library holds "neon-city.safetensors" byte for byte
      And nothing else has changed

    @severity.critical
    Scenario: A new edition that is not the promised one is refused
      Given the hub offers the LoRA "neon-city.safetensors" of 4 MB
      And "neon-city.safetensors", promised by its checksum, is paused after 1 MB
      And the hub has a new edition of "neon-city.safetensors"
      When "neon-city.safetensors" is resumed
      Then the download of "neon-city.safetensors" fails because "its checksum is wrong"
      And nothing of "neon-city.safetensors" is kept

    @severity.critical @needs.virtual-clock
    Scenario Outline: Where the hub <cannot>, the whole file is fetched anew
      Given the hub offers the LoRA "neon-city.safetensors" of 4 MB
      And the hub <cannot> of "neon-city.safetensors"
      And "neon-city.safetensors" is paused after 1 MB
      When "neon-city.safetensors" is resumed
      Then "neon-city.safetensors" is complete
      And the library holds "neon-city.safetensors" byte for byte
      And the hub has sent the first byte of "neon-city.safetensors" twice

      Examples: what goes on safely only where the hub can say which edition it sends
        | cannot                     |
        | cannot send the rest       |
        | does not tell the edition  |
        | is not sure of the edition |

    @severity.critical @needs.virtual-clock
    Scenario Outline: A hub that answers with <what> instead of the rest spoils nothing
      Given the hub offers the LoRA "neon-city.safetensors" of 4 MB
      And "neon-city.safetensors" is paused after 1 MB
      And the hub answers with <what> instead of the rest of "neon-city.safetensors"
      When "neon-city.safetensors" is resumed, and every wait passes
      Then "neon-city.safetensors" has become the model that was published, or nothing
      And nothing else has changed

      Examples: what careless hubs and caches answer
        | what            |
        | other bytes     |
        | another length  |
        | nothing to send |

  Rule: Large files come over several connections

    @severity.critical
    Scenario: A large file comes over several connections, and each byte once
      Given the hub offers the checkpoint "old-film.safetensors" of 40 MB
      When "old-film.safetensors" is downloaded
      Then "old-film.safetensors" is complete
      And the library holds "old-film.safetensors" byte for byte
      And the hub has sent each byte of "old-film.safetensors" once
      And "old-film.safetensors" came over more than one connection
      And the hub was told of which edition each piece of "old-film.safetensors" must be

    @needs.virtual-clock
    Scenario: A break of one connection costs at most one piece
      Given the hub offers the LoRA "neon-city.safetensors" of 40 MB
      And the hub's connection breaks after 20 MB of "neon-city.safetensors"
      When "neon-city.safetensors" is downloaded, and every wait passes
      Then "neon-city.safetensors" is complete
      And the library holds "neon-city.safetensors" byte for byte
      And the hub has sent at most 8.4 MB of "neon-city.safetensors" twice

  Rule: A link that has expired is asked for anew

    @severity.critical @needs.own-studio
    Scenario: A link that expires midway is renewed where it came from
      Given the hub offers the LoRA "neon-city.safetensors" of 20 MB
      And each link of the hub to "neon-city.safetensors" can be used once
      When the hub's version of "neon-city.safetensors" is downloaded
      Then "neon-city.safetensors" is complete
      And the library holds "neon-city.safetensors" byte for byte

    @needs.own-studio
    Scenario: A link that has expired during a pause is renewed, by the real clock, too
      Given the studio lives by the real clock
      And the hub offers the LoRA "neon-city.safetensors" of 4 MB
      And each link of the hub to "neon-city.safetensors" can be used once
      And "neon-city.safetensors" is paused after 1 MB
      When "neon-city.safetensors" is resumed
      Then "neon-city.safetensors" is complete
      And the hub has sent each byte of "neon-city.safetensors" once
