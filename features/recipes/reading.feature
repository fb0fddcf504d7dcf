Feature: A picture tells how it was made
  For artists who want to make a picture again. Its settings are inside the file; whatever
  is not read is lost for good.

  @severity.critical
  Scenario: Every setting of a picture made by Automatic1111 is read
    Given a picture made by Automatic1111 with
      | prompt          | a lighthouse in the fog, masterpiece <lora:neon-city:0.8> |
      | negative prompt | blurry, text                                              |
      | steps           | 28                                                        |
      | sampler         | Euler a                                                   |
      | guidance        | 6.5                                                       |
      | seed            | 1234567890                                                |
      | size            | 512×768                                                   |
    When the picture is analysed
    Then these settings are read
      | prompt          | a lighthouse in the fog, masterpiece <lora:neon-city:0.8> |
      | negative prompt | blurry, text                                              |
      | steps           | 28                                                        |
      | sampler         | Euler a                                                   |
      | guidance        | 6.5                                                       |
      | seed            | 1234567890                                                |
      | size            | 512×768                                                   |
    And the LoRA "neon-city" is read with strength 0.8

  Scenario: A prompt may look like settings
    Given a picture made by Automatic1111 with the prompt
      """
      a sign that says "Steps: 20, Seed: 7"
      Steps: lead up to it: slowly
      """
    When the picture is analysed
    Then the prompt is read word for word

  Scenario: A picture without settings says so
    Given a picture without settings
    When the picture is analysed
    Then it is told that the picture holds no settings

  Scenario Outline: <what> is refused as a picture
    Given <what> instead of a picture
    When the picture is analysed
    Then it is refused because "<why>"
    And no recipe was saved

    Examples: what people upload by mistake
      | what           | why     |
      | an empty file  | empty   |
      | a web page     | picture |
      | half a picture | picture |
