Feature: Every model on the disk is found
  For artists with thousands of models. Pictures name their models by a hash or by a name; a
  library that cannot find one, or finds the wrong one, makes the picture impossible to repeat.

  Rule: By each of the hashes that pictures and hubs use

    @severity.critical
    Scenario Outline: A model is found by its <hash>
      Given the model "neon-city.safetensors" is in the library
      When the library is searched for the <hash> of "neon-city.safetensors"
      Then it finds exactly "neon-city.safetensors"

      Examples: the hashes that pictures and hubs name models by
        | hash                       |
        | SHA-256                    |
        | SHA-256 in capital letters |
        | AutoV2 hash                |
        | AutoV3 hash                |

    Scenario: An unknown hash finds nothing
      Given the model "neon-city.safetensors" is in the library
      When the library is searched for the hash "0000000000"
      Then it finds no model

    @needs.own-studio
    Scenario Outline: The hash that a model was given <written> finds it
      Given the LoRA "neon-city.safetensors" is in the library, its AutoV3 hash given <written>
      And the LoRA "old-film.safetensors" is in the library
      When the library is searched for the hash "<hash>"
      Then it finds exactly "neon-city.safetensors"

      Examples: where headers name the hash of their own weights
        | written                                     | hash           |
        | by its trainer                              | d3b07384d113   |
        | by its trainer                              | 0xD3B07384D113 |
        | by the standard                             | d3b07384d113   |
        | by the standard, with 0x before it          | d3b07384d113   |
        | by its trainer, and another by the standard | d3b07384d113   |

    @needs.own-studio
    Scenario: The hash of an empty file names no model
      Given the LoRA "neon-city.safetensors" is in the library, its AutoV3 hash given by its trainer, of an empty file
      When the library is searched for the hash "e3b0c44298fc"
      Then it finds no model

    @needs.own-studio
    Scenario: A short hash that two different models share names neither
      Given the LoRA "neon-city.safetensors" is in the library, its AutoV3 hash given by its trainer
      And the LoRA "old-film.safetensors" is in the library, its AutoV3 hash given by the standard
      When the library is searched for the hash "d3b07384d113"
      Then it finds no model

    @needs.own-studio
    Scenario: Both copies of one model are found by their hash
      Given the LoRA "neon-city.safetensors" is in the library
      And "styles/rain-city.safetensors" is in the library, a copy of "neon-city.safetensors"
      When the library is searched for the SHA-256 of "neon-city.safetensors"
      Then found are, in this order, "neon-city, rain-city"

  Rule: By name, as pictures write it

    @severity.critical @needs.own-studio
    Scenario Outline: A picture that names <name> means "styles/Neon-City.safetensors"
      Given the LoRA "styles/Neon-City.safetensors" is in the library
      And the LoRA "neon-city-2.safetensors" is in the library
      When a picture is read that names the LoRA <name>
      Then it means "styles/Neon-City.safetensors"

      Examples: in any letters, with and without its ending and its folder
        | name                           |
        | "Neon-City"                    |
        | "neon-city"                    |
        | "NEON-CITY.safetensors"        |
        | "styles/Neon-City"             |
        | "styles/neon-city.safetensors" |

    @severity.critical @needs.own-studio
    Scenario Outline: A picture that names <name> means no model
      Given the LoRA "styles/neon-city.safetensors" is in the library
      And the LoRA "films/neon-city.safetensors" is in the library
      And the LoRA "films/old-film.safetensors" is in the library
      When a picture is read that names the LoRA <name>
      Then it means no model

      Examples: two of one name, another folder, and less than a name
        | name              |
        | "neon-city"       |
        | "styles/old-film" |
        | "old-films"       |
        | "old"             |

    @needs.own-studio
    Scenario: A folder tells two models of one name apart
      Given the LoRA "styles/neon-city.safetensors" is in the library
      And the LoRA "films/neon-city.safetensors" is in the library
      When a picture is read that names the LoRA "films/neon-city"
      Then it means "films/neon-city.safetensors"
