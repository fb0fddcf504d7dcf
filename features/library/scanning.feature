Feature: The library is what lies on the disk
  For artists who copy, sort and delete their models themselves. A library that tells of what is
  gone, or hides what is there, is worse than the folder itself.

  @severity.critical @needs.own-studio
  Scenario: A model copied into the folder is found by a scan
    Given the LoRA "neon-city.safetensors" is in the library
    And "styles/old-film.safetensors" was copied into the LoRA folder
    When the LoRA folder is scanned
    Then "styles/old-film.safetensors" is found everywhere
    And the library holds "neon-city.safetensors" byte for byte
    And the scan tells of 2 models, 1 new, 0 changed and 0 gone

  @severity.critical @needs.own-studio
  Scenario: A model deleted from the folder leaves the library
    Given the LoRA "neon-city.safetensors" is in the library
    And the LoRA "old-film.safetensors" is in the library
    And "neon-city.safetensors" was deleted from the LoRA folder
    When the LoRA folder is scanned
    Then "neon-city.safetensors" is found nowhere
    And the library holds "old-film.safetensors" byte for byte
    And the scan tells of 1 model, 0 new, 0 changed and 1 gone

  @severity.critical @needs.own-studio
  Scenario: A model that was replaced is known by what it is now
    Given the LoRA "neon-city.safetensors" is in the library
    And "neon-city.safetensors" was replaced by a newer version of 30 KB
    When the LoRA folder is scanned
    Then "neon-city.safetensors" has the hash of what lies there now
    And "neon-city.safetensors" is the same model as before
    And the scan tells of 1 model, 0 new, 1 changed and 0 gone

  @needs.own-studio
  Scenario: A scan that has nothing to do says so
    Given the LoRA "neon-city.safetensors" is in the library
    And the LoRA "styles/old-film.safetensors" is in the library
    When the LoRA folder is scanned
    Then the scan tells of 2 models, 0 new, 0 changed and 0 gone
    And the scan reports no trouble
    And no model has changed

  @needs.own-studio
  Scenario: A damaged model does not hide the others
    Given "old-film.safetensors" was copied into the LoRA folder
    And "damaged.safetensors" was copied into the LoRA folder, cut in half
    When the LoRA folder is scanned
    Then the library lists exactly "old-film.safetensors"
    And the scan reports "damaged.safetensors" as unreadable

  @needs.own-studio
  Scenario Outline: The <kind> folder holds each <kind>, and no other folder does
    Given the <kind> "neon-city.safetensors" was copied into its folder
    When the <kind> folder is scanned
    Then "neon-city.safetensors" is listed as a <kind> alone

    Examples: all kinds
      | kind       |
      | LoRA       |
      | checkpoint |
      | embedding  |

  @needs.own-studio
  Scenario Outline: With <link>, each model is listed once
    Given the LoRA "styles/neon-city.safetensors" is in the library
    And there is <link> of "styles/neon-city.safetensors" in the LoRA folder
    When the LoRA folder is scanned
    Then the library lists "neon-city" once
    And the scan reports no trouble

    Examples: links as people lay them
      | link                          |
      | a link to its folder          |
      | a folder that links to itself |

  @needs.own-studio
  Scenario: Models in a linked folder are found
    Given "elsewhere/neon-city.safetensors" lies outside, in a folder that is linked into the LoRA folder
    When the LoRA folder is scanned
    Then "elsewhere/neon-city.safetensors" is found everywhere
    And the scan reports no trouble

  @needs.own-studio
  Scenario Outline: With <something> among them, the models are the models
    Given "old-film.safetensors" was copied into the LoRA folder
    And <something> lies in the LoRA folder
    When the LoRA folder is scanned
    Then the library lists exactly "old-film.safetensors"
    And the scan reports no trouble

    Examples: what else lies in such folders
      | something                   |
      | a text                      |
      | a stray picture             |
      | a folder named like a model |
      | an unfinished download      |
      | a link that leads nowhere   |

  @needs.own-studio
  Scenario: Listeners hear a scan from its start to its end
    Given these LoRAs were copied into the LoRA folder
      | name                  |
      | neon-city.safetensors |
      | old-film.safetensors  |
      | ink-wash.safetensors  |
    And somebody listens to the library
    When the LoRA folder is scanned
    Then the listeners hear of one scan of 3 models, from its start to its end

  @severity.critical @needs.own-studio
  Scenario Outline: An entry that has lost <part> is repaired from the disk
    Given the LoRA "neon-city.safetensors" is in the library with
      | tags      | night, city |
      | favourite | yes         |
    And the library's entry of "neon-city.safetensors" has lost <part>
    When the LoRA folder is scanned
    Then the scan reports "neon-city.safetensors" as repaired
    And "neon-city.safetensors" is found everywhere
    And "neon-city.safetensors" is told with
      | tags      | night, city |
      | favourite | yes         |

    Examples: what a bad disk may spoil
      | part     |
      | its hash |
      | its size |
      | its tags |

  @needs.own-studio
  Scenario: A studio that has forgotten everything learns it from its folders
    Given the LoRA "neon-city.safetensors" is in the library with
      | base model | SDXL 1.0      |
      | tags       | night, city   |
      | favourite  | yes           |
      | notes      | good at signs |
    And the studio has forgotten everything
    When the LoRA folder is scanned
    Then "neon-city.safetensors" is found everywhere
    And "neon-city.safetensors" is told with
      | base model | SDXL 1.0      |
      | tags       | night, city   |
      | favourite  | yes           |
      | notes      | good at signs |
