Feature: Models come from wherever they are published
  For artists who copy a link from a page and expect the model, not the page. Each hub says in
  its own way what a file is, and where else it lies.

  @severity.critical @needs.own-studio
  Scenario Outline: A model asked for by <what> is checked against what was published
    Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
    When "neon-city.safetensors" is asked for by <what>
    Then "neon-city.safetensors" is complete
    And the library holds "neon-city.safetensors" byte for byte
    And it was checked against the published checksum
    And nothing else has changed

    Examples: the ways in which models are named
      | what                                 |
      | its version                          |
      | its model                            |
      | its model and its version            |
      | the name of its file                 |
      | the address of its page              |
      | the address of its version's page    |
      | its download link                    |
      | its repository on Hugging Face       |
      | the address of its Hugging Face page |

  @severity.critical @needs.own-studio
  Scenario Outline: A wrong checksum refuses a model asked for by <what>
    Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
    And the hub publishes a wrong checksum for "neon-city.safetensors"
    When "neon-city.safetensors" is asked for by <what>
    Then the download of "neon-city.safetensors" fails because "its checksum is wrong"
    And nothing of "neon-city.safetensors" is kept
    And nothing else has changed

    Examples: both kinds of hubs
      | what                           |
      | its version                    |
      | its repository on Hugging Face |

  @needs.own-studio
  Scenario: A model that the hub does not know is told as such
    Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
    When a version that the hub does not know is asked for
    Then that download fails because "has no such"
    And nothing else has changed

  @needs.own-studio
  Scenario: A file that a version does not have is named
    Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
    When the file "old-film.safetensors" of the version of "neon-city.safetensors" is asked for
    Then that download fails because "old-film.safetensors"
    And the hub was never asked for "neon-city.safetensors"

  @needs.own-studio
  Scenario: Mature models are left alone in safe mode
    Given safe mode is on
    And the hub offers the mature LoRA "neon-city.safetensors" of 300 KB
    When the hub's version of "neon-city.safetensors" is downloaded
    Then the download of "neon-city.safetensors" fails because "safe mode"
    And the hub was never asked for "neon-city.safetensors"

  Rule: Where the first source fails, the next one supplies

    @severity.critical @needs.own-studio
    Scenario Outline: A first source that <trouble> is replaced by the next, still checked
      Given the hub offers the LoRA "neon-city.safetensors" of 300 KB, with one more source
      And the first source of "neon-city.safetensors" <trouble>
      When the hub's version of "neon-city.safetensors" is downloaded
      Then "neon-city.safetensors" is complete
      And the library holds "neon-city.safetensors" byte for byte
      And nothing else has changed

      Examples: for now, and for good
        | trouble            |
        | is out of order    |
        | has no such file   |
        | does not permit it |

    @needs.virtual-clock
    Scenario: When every source fails, the download fails
      Given the hub offers the LoRA "neon-city.safetensors" of 300 KB, with one more source
      And every source of "neon-city.safetensors" has no such file
      When the hub's version of "neon-city.safetensors" is downloaded
      Then the download of "neon-city.safetensors" fails because "has no such file"
      And nothing of "neon-city.safetensors" is kept

  Rule: Models are stored where their owner wants them

    @needs.own-studio
    Scenario: A model is stored by what it is made for and what it shows
      Given models are stored by base model and first tag
      And the hub offers the LoRA "neon-city.safetensors" of 300 KB for "Flux.1 Kontext", tagged "city"
      When the hub's version of "neon-city.safetensors" is downloaded
      Then "neon-city.safetensors" is complete
      And "neon-city.safetensors" is stored in "Flux.1 Kontext/city"
      And nothing else has changed

    @needs.own-studio
    Scenario: A model is stored in the folder that was asked for
      Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
      When "neon-city.safetensors" is downloaded into "styles/night"
      Then "neon-city.safetensors" is complete
      And "neon-city.safetensors" is stored in "styles/night"
      And nothing else has changed
