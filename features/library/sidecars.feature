Feature: What is known of a model lies beside it
  For artists who use more than one program, and for whoever moves their models to another
  machine. What only one program's database knows is lost with it.

  @severity.critical @needs.own-studio
  Scenario: What stands beside a model is told of it
    Given "neon-city.safetensors" was copied into the LoRA folder, and beside it is told
      | base model    | Illustrious       |
      | tags          | night, city, 日本 |
      | trigger words | neon, rainy sky   |
      | favourite     | yes               |
      | notes         | good at signs     |
    When the LoRA folder is scanned
    Then "neon-city.safetensors" is told with
      | base model    | Illustrious       |
      | tags          | night, city, 日本 |
      | trigger words | neon, rainy sky   |
      | favourite     | yes               |
      | notes         | good at signs     |
    And the scan reports no trouble

  @needs.own-studio
  Scenario: What the hub says of a model is known once it has come
    Given the hub offers the LoRA "neon-city.safetensors" of 300 KB for "SDXL 1.0", tagged "night"
    When the hub's version of "neon-city.safetensors" is downloaded
    Then "neon-city.safetensors" is complete
    And "neon-city.safetensors" is told with
      | base model | SDXL 1.0 |

  @needs.own-studio
  Scenario: What another program writes beside a model is taken over
    Given the LoRA "neon-city.safetensors" is in the library with
      | tags | night |
    And another program has written beside "neon-city.safetensors"
      | tags      | day, beach |
      | favourite | yes        |
    When the LoRA folder is scanned
    Then "neon-city.safetensors" is told with
      | tags      | day, beach |
      | favourite | yes        |

  @severity.critical @needs.own-studio
  Scenario Outline: A sidecar that is <broken> is reported, and its model still listed
    Given "neon-city.safetensors" was copied into the LoRA folder
    And "old-film.safetensors" was copied into the LoRA folder
    And the sidecar of "neon-city.safetensors" is <broken>
    When the LoRA folder is scanned
    Then the library holds "neon-city.safetensors" byte for byte
    And the scan reports the sidecar of "neon-city.safetensors"
    And "neon-city.safetensors" lies on the disk as it was, with all that belongs to it

    Examples: what becomes of texts
      | broken         |
      | cut in half    |
      | empty          |
      | a list instead |
      | no text at all |

  Rule: What is noted of a model is written beside it, and nothing else there is lost

    @severity.critical @needs.own-studio
    Scenario Outline: The <what> of a model is noted, for the studio and for every other program
      Given the LoRA "neon-city.safetensors" is in the library with
        | tags  | night, city   |
        | notes | good at signs |
      When of "neon-city.safetensors" is noted
        | <what> | <text> |
      Then "neon-city.safetensors" is told with
        | <what> | <text> |
      And beside "neon-city.safetensors" stands this, and whatever stood there before
      And no other model has changed

      Examples: all that can be noted
        | what       | text               |
        | favourite  | yes                |
        | tags       | day, beach, 日本   |
        | base model | Pony               |
        | notes      | good at signs, too |

    @needs.own-studio
    Scenario: A model that had nothing beside it gets a sidecar
      Given the LoRA "neon-city.safetensors" is in the library
      When of "neon-city.safetensors" is noted
        | favourite | yes |
      Then "neon-city.safetensors" is told with
        | favourite | yes |
      And beside "neon-city.safetensors" stands this, and whatever stood there before

    @severity.critical @needs.own-studio
    Scenario: What was noted outlives a restart and another scan
      Given the LoRA "neon-city.safetensors" is in the library
      And of "neon-city.safetensors" was noted
        | favourite | yes   |
        | tags      | night |
      And the studio was restarted
      When the LoRA folder is scanned
      Then "neon-city.safetensors" is told with
        | favourite | yes   |
        | tags      | night |
      And the scan tells of 1 model, 0 new, 0 changed and 0 gone

    @needs.own-studio
    Scenario: What cannot be noted is refused, and nothing is
      Given the LoRA "neon-city.safetensors" is in the library with
        | tags | night |
      When of "neon-city.safetensors" is noted
        | tags   | day |
        | colour | red |
      Then it is refused because "colour"
      And no model has changed

  Rule: The base model is told in the words of the hubs, and never guessed

    @severity.critical @needs.own-studio
    Scenario Outline: A model whose trainer wrote "<text>" was made for <base model>
      Given "neon-city.safetensors" was copied into the LoRA folder, its trainer wrote "<text>"
      When the LoRA folder is scanned
      Then "neon-city.safetensors" is told with
        | base model | <base model> |

      Examples: whole words decide, what is not known stays as it is
        | text                             | base model       |
        | sd_v1                            | SD 1.5           |
        | sdxl_base_v1-0                   | SDXL 1.0         |
        | stable-diffusion-xl-v1-base/lora | SDXL 1.0         |
        | Illustrious-XL-v0.1              | Illustrious      |
        | ponyDiffusionV6XL                | Pony             |
        | noobaiXL                         | NoobAI           |
        | flux1-dev                        | Flux.1 D         |
        | flux1-schnell                    | Flux.1 S         |
        | stability ai                     | stability ai     |
        | illusion-breaker                 | illusion-breaker |
        | my own merge 7                   | my own merge 7   |

    @needs.own-studio
    Scenario: What stands beside a model counts for more than what its trainer wrote
      Given "neon-city.safetensors" was copied into the LoRA folder, its trainer wrote "sdxl_base_v1-0"
      And another program has written beside "neon-city.safetensors"
        | base model | Pony |
      When the LoRA folder is scanned
      Then "neon-city.safetensors" is told with
        | base model | Pony |

    @needs.own-studio
    Scenario: A model of which nothing is said has an unknown base model
      Given "neon-city.safetensors" was copied into the LoRA folder, its trainer wrote ""
      When the LoRA folder is scanned
      Then "neon-city.safetensors" is told with
        | base model | Unknown |
