Feature: A model is found by words, and lists can be narrowed and ordered
  For artists who remember half a name. A search that finds too much is as useless as one that
  finds nothing.

  Background:
    Given these LoRAs are in the library
      | name                        | base model  | tags         | favourite |
      | neon-city.safetensors       | SDXL 1.0    | night, city  | yes       |
      | styles/old_film.safetensors | SD 1.5      | grain        | no        |
      | styles/ink/wash.safetensors | SDXL 1.0    | paint, night | no        |
      | lighthouse-fog.safetensors  | Illustrious | coast        | yes       |

  @severity.critical @needs.own-studio
  Scenario Outline: "<words>" finds <found>
    When the library is searched for "<words>"
    Then found are, in this order, "<found>"

    Examples: each word is part of one, or nearly one
      | words         | found          |
      | neon          | neon-city      |
      | NEON city     | neon-city      |
      | city neon     | neon-city      |
      | eon           | neon-city      |
      | film old      | old_film       |
      | lighthuose    | lighthouse-fog |
      | lighthous fog | lighthouse-fog |
      | house         | lighthouse-fog |

  @severity.critical @needs.own-studio
  Scenario Outline: Searching for "<words>" finds nothing
    When the library is searched for "<words>"
    Then it finds no model

    Examples: nothing at all, words of two models, and words that only look alike
      | words        |
      |              |
      | neon film    |
      | lampost      |
      | neen         |
      | lthse        |
      | neon unknown |

  @needs.own-studio
  Scenario Outline: The LoRAs whose <what> is "<value>" are <found>
    When the LoRAs whose <what> is "<value>" are listed
    Then found are, in this order, "<found>"

    Examples: all that a list can be narrowed by
      | what         | value              | found                     |
      | base model   | SDXL 1.0           | neon-city, wash           |
      | base model   | SD 1.5 or SDXL 1.0 | neon-city, old_film, wash |
      | tag          | night              | neon-city, wash           |
      | favourite    | yes                | lighthouse-fog, neon-city |
      | folder       | styles             | old_film, wash            |
      | folder alone | styles             | old_film                  |

  @needs.own-studio
  Scenario Outline: A list whose <measure> is <value> is refused
    When a list is asked for whose <measure> is "<value>"
    Then it is refused because "<field>"

    Examples: beyond the limits, and what makes no sense
      | measure        | value  | field     |
      | page           | 0      | page      |
      | size of a page | 0      | page_size |
      | size of a page | 101    | page_size |
      | order          | colour | sort      |
      | favourite      | maybe  | favorite  |
