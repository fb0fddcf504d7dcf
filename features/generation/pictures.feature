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

  @needs.batches
  Scenario: Several pictures come in one answer, each its own
    When 3 pictures of "a red circle" are made with seed 42
    Then there are 3 different pictures
    And the second one equals a single picture with seed 43

  Scenario: A picture carries its settings
    Given a picture of "a red circle" was made with seed 42
    When the picture is analysed
    Then the prompt is read as "a red circle"
    And the seed is read as 42

  @needs.gpu
  Scenario: A picture of full size is made on a graphics card
    When a picture of "a lighthouse in the fog" is made at 1024×1024
    Then the picture measures 1024×1024

  Rule: What cannot be painted is refused, and the message says what would be right

    Scenario Outline: <what> is refused
      When a picture is asked for with <field> <value>
      Then it is refused because "<why>"
      And the fault is in <field>

      Examples: one step outside of what is allowed
        | what                     | field      | value | why      |
        | A width of 100           | width      | 100   | 16       |
        | A height of 0            | height     | 0     | at least |
        | A width beyond the limit | width      | 2048  | 1024     |
        | No step at all           | steps      | 0     | 1        |
        | A seed below zero        | seed       | -1    | 0        |
        | Five pictures            | num_images | 5     | 4        |

    Scenario: A blank prompt is refused
      When a picture of " " is made at 256×256
      Then it is refused because "prompt"
