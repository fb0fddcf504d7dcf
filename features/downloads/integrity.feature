Feature: Models arrive exactly as they were published
  For artists who fetch models from a hub. One wrong byte, or a sign-in page stored as a
  model, ruins a day's pictures and nobody knows why.

  @severity.blocker
  Scenario: A finished download is part of the library
    Given the hub offers the LoRA "neon-city.safetensors" of 2 MB
    When "neon-city.safetensors" is downloaded
    Then "neon-city.safetensors" is complete
    And the library holds "neon-city.safetensors" byte for byte

  @needs.own-studio
  Scenario: A model asked for by its version is checked against what the hub published
    Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
    When the hub's version of "neon-city.safetensors" is downloaded
    Then "neon-city.safetensors" is complete
    And the library holds "neon-city.safetensors" byte for byte

  Scenario: Several models are fetched with one wish
    Given the hub offers these models
      | name                  | size   |
      | neon-city.safetensors | 200 KB |
      | old-film.safetensors  | 300 KB |
      | ink-wash.safetensors  | 100 KB |
    When all of them are downloaded
    Then "neon-city.safetensors" is complete
    And "old-film.safetensors" is complete
    And "ink-wash.safetensors" is complete

  Rule: What cannot be trusted never becomes a model

    @severity.blocker
    Scenario: A checksum that differs from the published one refuses the model
      Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
      And the hub publishes a wrong checksum for "neon-city.safetensors"
      When "neon-city.safetensors" is downloaded
      Then the download of "neon-city.safetensors" fails because "its checksum is wrong"
      And nothing of "neon-city.safetensors" is kept

    @severity.critical
    Scenario Outline: <what> in place of a model is refused
      Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
      And instead of "neon-city.safetensors" the hub sends <what>
      When "neon-city.safetensors" is downloaded, whatever its checksum
      Then the download of "neon-city.safetensors" fails
      And nothing of "neon-city.safetensors" is kept

      Examples: what hubs send when something is wrong
        | what             |
        | its sign-in page |
        | an empty file    |
        | a damaged model  |

    Scenario: A model that the hub has removed is told apart from a hub in trouble
      Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
      And the hub has removed "neon-city.safetensors"
      When "neon-city.safetensors" is downloaded
      Then the download of "neon-city.safetensors" fails because "has this file no longer"
      And the hub was asked for "neon-city.safetensors" once

    @needs.own-studio
    Scenario: A model from inside the studio's own network is refused
      Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
      And downloads from private addresses are not allowed
      When "neon-city.safetensors" is downloaded
      Then the download of "neon-city.safetensors" fails because "is on a private network"
      And the hub was never asked for "neon-city.safetensors"
