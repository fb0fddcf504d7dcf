Feature: A long list is read page by page, in the order that one wants
  For artists with thousands of models, and for the programs that show them. A model that is
  shown on no page might as well not be there.

  @needs.virtual-clock @needs.own-studio
  Scenario Outline: The LoRAs are listed <order>
    Given these LoRAs have come into the library, one a minute
      | name                  | size  |
      | ink-wash.safetensors  | 30 KB |
      | Neon-city.safetensors | 10 KB |
      | old-film.safetensors  | 20 KB |
    When the LoRAs are listed <order>
    Then found are, in this order, "<found>"

    Examples: the orders that people want
      | order              | found                         |
      | by name            | ink-wash, Neon-city, old-film |
      | by name, backwards | old-film, Neon-city, ink-wash |
      | by date            | ink-wash, Neon-city, old-film |
      | by date, backwards | old-film, Neon-city, ink-wash |
      | by size            | Neon-city, old-film, ink-wash |
      | by size, backwards | ink-wash, old-film, Neon-city |

  @needs.own-studio
  Scenario: Page by page, each model is shown once
    Given 7 LoRAs are in the library, each with a picture beside it
    When the LoRAs are read in pages of 3
    Then each of them was shown once, 3 a page
