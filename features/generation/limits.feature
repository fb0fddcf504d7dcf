Feature: What cannot be painted is refused, and the message says what would be right
  For people and tools that fill in a form. A request that is quietly bent, cut or ignored
  comes back as a picture that nobody asked for.

  @severity.critical
  Scenario Outline: The last value that is allowed is painted: <field> <value>
    When a picture is asked for with <field> <value>
    Then it is answered
    And the picture shows red

    Examples: both ends of every field
      | field          | value      |
      | width          | 256        |
      | width          | 1024       |
      | height         | 256        |
      | height         | 1024       |
      | steps          | 1          |
      | steps          | 50         |
      | num_images     | 1          |
      | num_images     | 4          |
      | seed           | 0          |
      | seed           | 4294967295 |
      | output_quality | 1          |
      | output_quality | 100        |
      | guidance_scale | 0          |
      | guidance_scale | 20         |
      | true_cfg_scale | 0          |
      | true_cfg_scale | 20         |

  @severity.critical
  Scenario Outline: One step beyond is refused: <field> <value>
    When a picture is asked for with <field> <value>
    Then it is refused because "<why>"
    And the fault is in <field>
    And there is no picture

    Examples: beyond both ends of every field, and between its steps
      | field          | value                  | why                |
      | width          | 1040                   | at most 1024       |
      | width          | 264                    | multiple of 16     |
      | width          | 0                      | at least           |
      | height         | 1040                   | at most 1024       |
      | height         | 257                    | multiple of 16     |
      | height         | -16                    | at least           |
      | steps          | 0                      | at least 1         |
      | steps          | 51                     | at most 50         |
      | num_images     | 0                      | at least 1         |
      | num_images     | 5                      | at most 4          |
      | seed           | -1                     | at least 0         |
      | seed           | 4294967296             | at most 4294967295 |
      | seed           | 1180591620717411303424 | at most 4294967295 |
      | output_quality | 0                      | at least 1         |
      | output_quality | 101                    | at most 100        |
      | guidance_scale | 20.5                   | at most 20         |
      | guidance_scale | -0.5                   | at least 0         |
      | true_cfg_scale | 20.5                   | at most 20         |
      | true_cfg_scale | -0.5                   | at least 0         |

  Scenario Outline: Whoever asks for a job with <field> <value> is told at once
    When a job is asked for with <field> <value>
    Then it is refused because "<why>"
    And the fault is in <field>

    Examples: one of each kind
      | field      | value | why            |
      | width      | 100   | multiple of 16 |
      | steps      | 0     | at least 1     |
      | num_images | 5     | at most 4      |

  Scenario Outline: <what> is refused, and <field> is named
    When a picture is asked for with <what>
    Then it is refused because "<field>"
    And the fault is in <field>
    And there is no picture

    Examples: what no picture can be made of
      | what                               | field          |
      | a blank prompt                     | prompt         |
      | no prompt at all                   | prompt         |
      | a prompt of 200,000 letters        | prompt         |
      | control characters in its prompt   | prompt         |
      | a guidance that is no number       | guidance_scale |
      | a number of steps in words         | steps          |
      | half a picture more                | num_images     |
      | a field that does not exist        | magic          |
      | a kind of file that does not exist | output_format  |
      | an urgency that does not exist     | priority       |

  Scenario Outline: The scheduler <scheduler> cannot work, and is refused by its name
    When a picture is asked for with the scheduler "<scheduler>"
    Then it is refused because "FlowMatchEuler"
    And the fault is in scheduler

    Examples: schedulers of other models, and none at all
      | scheduler |
      | Heun      |
      | DEIS      |
      | DDIM      |
      | Euler     |
      | magic     |

  Scenario Outline: Every sign of a prompt survives: <prompt>
    Given a picture of "<prompt>" was made with seed 42
    When the picture is analysed
    Then the prompt is read as "<prompt>"

    Examples: what people write
      | prompt                          |
      | a 🦊 with a 🎩                  |
      | 日本の灯台, 赤い円              |
      | Zürich, «café», 50% (red)       |
      | (red:1.2) [circle], {a}, 50% $5 |

  Scenario Outline: A prompt of <length> letters is <verdict>
    When a picture is asked for with a prompt of <length> letters
    Then it is <verdict>

    Examples: on both sides of the limit
      | length | verdict                |
      | 2000   | answered               |
      | 2001   | refused because "2000" |

  @needs.references
  Scenario: Two references at once are refused
    Given a reference picture of a circle in red
    When "make it blue" is asked for with the reference twice, as a file and by its address
    Then it is refused because "image"
    And there is no picture

  Scenario: A checkpoint that the backend lacks is refused, and those that it has are named
    When a picture is asked for with the checkpoint "nobodys.safetensors"
    Then it is refused, and every checkpoint that there is is named
    And the fault is in checkpoint
    And there is no picture
