Feature: LoRAs bring their style, as strongly as asked for
  For artists who paint in a style of their own. A LoRA that does nothing disappoints; one
  that stays after it was taken away spoils everybody's pictures.

  @needs.loras
  Scenario: A LoRA changes the picture
    Given a picture of "a red circle" was made with seed 42
    When it is made again with the LoRA "neon-city" at 0.8
    Then the two pictures differ
    And it is told that loras had an effect

  @severity.critical @needs.loras
  Scenario: A LoRA at zero leaves the picture as it is
    Given a picture of "a red circle" was made with seed 42
    When it is made again with the LoRA "neon-city" at 0
    Then both pictures look the same

  @needs.loras
  Scenario Outline: How strongly a LoRA works matters: <scale> is not 0.8
    Given a picture of "a red circle" was made with the LoRA "neon-city" at 0.8
    When it is made again with the LoRA "neon-city" at <scale>
    Then the two pictures differ

    Examples: more, less, against it
      | scale |
      | 0.5   |
      | 1     |
      | -0.8  |

  @needs.loras
  Scenario: Another LoRA makes another picture
    Given a picture of "a red circle" was made with the LoRA "neon-city" at 0.8
    When it is made again with the LoRA "soft-light" at 0.8
    Then the two pictures differ

  @severity.critical @needs.loras
  Scenario: A LoRA is gone when it is not asked for any more
    Given a picture of "a red circle" was made with seed 42
    And it was made again with the LoRA "neon-city" at 0.8
    When it is made again without any LoRA
    Then it is the very first picture, byte for byte

  @needs.loras
  Scenario: The picture's settings name its LoRA
    Given a picture of "a red circle" was made with the LoRA "neon-city" at 0.8
    When the picture is analysed
    Then the LoRA "neon-city" is read with strength 0.8
    And the prompt is read as "a red circle <lora:neon-city:0.8>"

  @needs.loras @needs.comfyui
  Scenario: A LoRA that the server lacks is refused, and those that it has are named
    When a picture of "a red circle" is asked for with the LoRA "nobodys-style" at 0.8
    Then it is refused because "neon-city"
    And nothing was painted

  @needs.loras
  Scenario Outline: <count> LoRAs at once are <verdict>
    When a picture of "a red circle" is asked for with <count> LoRAs
    Then it is <verdict>

    Examples: on both sides of the limit
      | count | verdict             |
      | 8     | answered            |
      | 9     | refused because "8" |
