Feature: Recipes are kept exactly as they were saved
  For artists whose recipes are their memory. A recipe that changes when it is saved was never
  saved; one whose picture forgets it is lost with the studio.

  @severity.blocker
  Scenario: A saved recipe is opened exactly as it was
    Given a picture made by Automatic1111 with the prompt
      """
      a lighthouse in the fog, 50% grey, <lora:neon-city:0.8>
      """
    When it is saved as the recipe "Foggy lighthouse"
    Then the recipe "Foggy lighthouse" holds every setting of the picture
    And its picture is the same, pixel for pixel

  @severity.critical
  Scenario Outline: <container> by <program>: every setting is kept, and the picture itself tells the recipe
    Given a picture made by <program> as <container> with
      | prompt          | a lighthouse in the fog, masterpiece |
      | negative prompt | blurry, text                         |
      | steps           | 28                                   |
      | guidance        | 6.5                                  |
      | seed            | 1234567890                           |
      | size            | 512×768                              |
    When it is saved as the recipe "Foggy lighthouse"
    Then the recipe "Foggy lighthouse" holds every setting of the picture
    And its picture is the same, pixel for pixel
    And the picture itself tells the recipe "Foggy lighthouse"
    And the picture still tells what <program> wrote

    Examples: every kind of file
      | program       | container |
      | Automatic1111 | PNG       |
      | Automatic1111 | JPEG      |
      | Automatic1111 | WebP      |
      | Automatic1111 | AVIF      |
      | ComfyUI       | PNG       |
      | ComfyUI       | WebP      |
      | Civitai       | JPEG      |
      | SwarmUI       | PNG       |
      | InvokeAI      | PNG       |
      | Fooocus       | PNG       |
      | NovelAI       | PNG       |

  @severity.critical
  Scenario Outline: A LoRA's strength of <strength> is kept exactly
    Given a picture made by Automatic1111 with the prompt
      """
      a lighthouse in the fog <lora:neon-city:<strength>>
      """
    When it is saved as the recipe "Foggy lighthouse"
    Then the recipe "Foggy lighthouse" holds the LoRA "neon-city" with strength <strength>
    And its picture is the same, pixel for pixel

    Examples: none, little, negative, more than whole
      | strength |
      | 0        |
      | 0.123    |
      | -0.75    |
      | 1        |
      | 2.5      |

  Scenario Outline: A recipe called <name> keeps its name, letter by letter
    Given a picture made by Automatic1111 with the prompt
      """
      <prompt>
      """
    When it is saved as the recipe "<name>"
    Then the recipe "<name>" holds every setting of the picture
    And the picture itself tells the recipe "<name>"

    Examples: letters of many scripts, and signs
      | name                 | prompt                                      |
      | 日本の灯台           | 霧の中の灯台、傑作                          |
      | Küste – 50 % „Nebel“ | ein Leuchtturm im Nebel, düster             |
      | Маяк в тумане        | маяк в тумане, шедевр                       |
      | 🗼 by night 👩‍🚀    | a beacon 🗼, an astronaut 👩‍🚀 on the moon |
      | ../../etc/passwd     | a lighthouse; rm -rf / -- "quoted" $HOME    |

  Scenario: A pasted picture is kept like any other
    Given a picture made by Automatic1111 with the prompt
      """
      a lighthouse in the fog <lora:neon-city:0.8>
      """
    When it is pasted as the recipe "Foggy lighthouse"
    Then the recipe "Foggy lighthouse" holds every setting of the picture
    And its picture is the same, pixel for pixel

  Scenario: What is known better than the picture says is kept as it is known
    Given a picture made by Automatic1111 with the prompt
      """
      a lighthouse in the fog <lora:neon-city:0.8>
      """
    When it is saved as the recipe "Foggy lighthouse" with
      | tags       | sea, 日本, "in quotes"       |
      | base model | Flux.1 Kontext               |
      | source     | https://gallery.example/1234 |
      | favourite  | yes                          |
      | rating     | 4                            |
      | folder     | trips/summer                 |
    Then the recipe "Foggy lighthouse" tells just that
    And the picture itself tells the recipe "Foggy lighthouse"

  @needs.own-studio
  Scenario: A recipe survives a restart
    Given the recipe "Foggy lighthouse" is saved
    When the studio is restarted
    Then the recipe "Foggy lighthouse" holds every setting of the picture
    And its picture is the same, pixel for pixel
    And no recipe has changed

  @severity.critical
  Scenario Outline: A picture of <side> pixels still tells the recipe
    Given a picture made by <program> as <container> with
      | prompt | a lighthouse in the fog, masterpiece |
      | seed   | 1234567890                           |
      | size   | 512×768                              |
    And it is kept as the recipe "Foggy lighthouse"
    When the picture of "Foggy lighthouse" is fetched with its longer side <side> pixels
    Then the small picture's longer side has <side> pixels
    And the small picture tells the recipe "Foggy lighthouse"
    And the small picture still tells what <program> wrote
    And no recipe has changed

    Examples: small ones, from every kind of file
      | side | program       | container |
      | 16   | Automatic1111 | PNG       |
      | 32   | Automatic1111 | JPEG      |
      | 48   | ComfyUI       | WebP      |
      | 32   | Automatic1111 | AVIF      |

  @severity.critical
  Scenario Outline: Saving <what> as a recipe leaves nothing
    Given <what> instead of a picture
    When it is saved as the recipe "Foggy lighthouse"
    Then it is refused because "<why>"
    And no recipe was saved

    Examples: what is no picture, or too much of one
      | what                             | why     |
      | a web page                       | picture |
      | an empty file                    | empty   |
      | half a picture                   | picture |
      | a picture of far too many pixels | pixels  |
      | a picture of far too many bytes  | bytes   |

  Scenario Outline: A recipe with <what> is refused
    Given a picture made by Automatic1111 with the prompt
      """
      a lighthouse in the fog
      """
    When it is saved with <what>
    Then it is refused because "<why>"
    And no recipe was saved

    Examples: what no recipe can have
      | what                         | why               |
      | a blank name                 | must not be blank |
      | a name of 300 letters        | 200 characters    |
      | a rating of 6                | at most 5         |
      | a strength that is no number | finite number     |
      | a folder outside the book    | leads elsewhere   |
      | a setting nobody knows       | not a known field |
