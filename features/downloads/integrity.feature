Feature: Models arrive exactly as they were published
  For artists who fetch models from a hub. One wrong byte, or a sign-in page stored as a
  model, ruins a day's pictures and nobody knows why.

  @severity.blocker
  Scenario: A finished download is part of the library
    Given the hub offers the LoRA "neon-city.safetensors" of 2 MB
    When "neon-city.safetensors" is downloaded
    Then "neon-city.safetensors" is complete
    And the library holds "neon-city.safetensors" byte for byte
    And nothing else has changed

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
    And nothing else has changed

  @severity.critical
  Scenario: Two different models of one name both stay
    Given the hub offers the LoRA "neon-city.safetensors" of 200 KB
    And the hub offers "neon-rain" of 300 KB, whose file is called "neon-city.safetensors"
    And "neon-city.safetensors" has been downloaded
    When "neon-rain" is downloaded
    Then "neon-rain" is complete
    And the library holds "neon-city.safetensors" byte for byte
    And the library holds "neon-rain" byte for byte, under a name of its own

  @severity.critical @needs.own-studio
  Scenario: A model bears its name only once it is whole
    Given the hub offers the LoRA "neon-city.safetensors" of 4 MB
    And the hub holds back the second half of "neon-city.safetensors"
    When "neon-city.safetensors" is downloaded up to there
    Then "neon-city.safetensors" is running
    And nothing bears the name of "neon-city.safetensors" yet
    And nothing else has changed

  Rule: What cannot be trusted never becomes a model

    @severity.blocker
    Scenario: A checksum that differs from the published one refuses the model
      Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
      And the hub publishes a wrong checksum for "neon-city.safetensors"
      When "neon-city.safetensors" is downloaded
      Then the download of "neon-city.safetensors" fails because "its checksum is wrong"
      And it is told which checksum was promised and which arrived
      And nothing of "neon-city.safetensors" is kept
      And nothing else has changed

    @severity.blocker
    Scenario: A model of which one byte is wrong is refused
      Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
      And instead of "neon-city.safetensors" the hub sends other bytes
      When "neon-city.safetensors" is downloaded
      Then the download of "neon-city.safetensors" fails because "its checksum is wrong"
      And nothing of "neon-city.safetensors" is kept
      And nothing else has changed

    @severity.critical
    Scenario: A checksum that is brought along counts as much as a published one
      Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
      And the hub offers the LoRA "old-film.safetensors" of 300 KB
      When "neon-city.safetensors" is downloaded with the checksum of "old-film.safetensors"
      Then the download of "neon-city.safetensors" fails because "its checksum is wrong"
      And nothing of "neon-city.safetensors" is kept
      And nothing else has changed

    @severity.critical
    Scenario Outline: <what> in place of a model is refused
      Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
      And instead of "neon-city.safetensors" the hub sends <what>
      When "neon-city.safetensors" is downloaded, whatever its checksum
      Then the download of "neon-city.safetensors" fails because "<why>"
      And nothing of "neon-city.safetensors" is kept
      And nothing else has changed

      Examples: what hubs send when something is wrong
        | what             | why                 |
        | its sign-in page | web page            |
        | an empty file    | empty               |
        | a damaged model  | no safetensors file |
        | a pickle         | a pickle came       |

    @severity.critical
    Scenario: The end of a model that never comes refuses the beginning
      Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
      And the hub claims that "neon-city.safetensors" is 1 byte shorter than it is
      When "neon-city.safetensors" is downloaded, whatever its checksum
      Then the download of "neon-city.safetensors" fails
      And nothing of "neon-city.safetensors" is kept
      And nothing else has changed

    Scenario: A refused model leaves the one of the same name as it was
      Given the hub offers the LoRA "neon-city.safetensors" of 200 KB
      And the hub offers "neon-rain" of 300 KB, whose file is called "neon-city.safetensors"
      And "neon-city.safetensors" has been downloaded
      And the hub publishes a wrong checksum for "neon-rain"
      When "neon-rain" is downloaded
      Then the download of "neon-rain" fails because "its checksum is wrong"
      And the library holds "neon-city.safetensors" byte for byte
