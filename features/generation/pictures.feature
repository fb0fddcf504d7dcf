Feature: A prompt becomes a picture
  For artists who describe what they want to see. A picture of another size, or one that
  cannot be made again, is not the one they asked for.

  @severity.blocker @needs.sizes
  Scenario Outline: A picture has exactly the size asked for: <size>
    When a picture of "a red circle" is made at <size>
    Then the picture measures <size>

    Examples: the smallest, a wide, a tall and a large one
      | size      |
      | 256×256   |
      | 768×256   |
      | 256×512   |
      | 1024×1024 |

  @severity.blocker @needs.seeds
  Scenario: The same seed makes the same picture
    Given a picture of "a red circle" was made with seed 42
    When a picture of "a red circle" is made with seed 42
    Then both pictures are the same, byte for byte

  @needs.seeds @needs.own-studio
  Scenario: The same seed makes the same picture after a restart
    Given a picture of "a red circle" was made with seed 42
    And the studio was restarted
    When a picture of "a red circle" is made with seed 42
    Then both pictures are the same, byte for byte

  @needs.seeds
  Scenario: Another seed makes another picture
    Given a picture of "a red circle" was made with seed 42
    When a picture of "a red circle" is made with seed 43
    Then the two pictures differ

  @needs.seeds
  Scenario: A picture made without a seed can be made again
    Given a picture of "a red circle" was made without a seed
    When a picture of "a red circle" is made with the seed that was told
    Then both pictures are the same, byte for byte

  @needs.colours
  Scenario Outline: The prompt's colour is seen: <colour>
    When a picture of "a <colour> circle" is made at 256×256
    Then the picture shows <colour>

    Examples: colours that cannot be mistaken
      | colour |
      | red    |
      | green  |
      | blue   |
      | yellow |

  @needs.shapes
  Scenario Outline: The prompt's shape is seen: <shape>
    When a picture of "a blue <shape>" is made at 256×256
    Then the picture shows a <shape>

    Examples: every shape that can be told from the others
      | shape    |
      | circle   |
      | square   |
      | triangle |

  @needs.batches
  Scenario: Several pictures come in one answer, each its own
    When 3 pictures of "a red circle" are made with seed 42
    Then there are 3 different pictures
    And the second one equals a single picture with seed 43

  @needs.seeds
  Scenario Outline: Whatever is asked for matters, or it is told why not: <field>
    Given a picture of "a red circle" was made with seed 42
    When it is made again with <field> as "<value>"
    Then <field> has made it another picture, or it is told why not

    Examples: one change each
      | field          | value       |
      | prompt_2       | on a lake   |
      | steps          | 5           |
      | guidance_scale | 7           |
      | scheduler      | UniPC       |
      | scheduler      | DPMSolver++ |

  @needs.gpu
  Scenario: A picture of full size is made on a graphics card
    When a picture of "a lighthouse in the fog" is made at 1024×1024
    Then the picture measures 1024×1024

  Rule: What the negative prompt names is kept out, where the true guidance lets it

    @needs.negative-prompts
    Scenario: With a true guidance above one, the colour that is kept out is gone
      Given a picture of "a circle" was made with seed 42
      When it is made again without its colour, at a true guidance of 4
      Then its colour is another one

    @needs.negative-prompts
    Scenario: With a true guidance of one, nothing is kept out, and that is told
      Given a picture of "a circle" was made with seed 42
      When it is made again without its colour, at a true guidance of 1
      Then both pictures look the same
      And it is told that negative_prompt had no effect
