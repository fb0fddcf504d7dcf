Feature: A picture tells how it was made
  For artists who want to make a picture again. Its settings are inside the file, written by many
  programs in many ways; whatever is not read is lost for good.

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

  @severity.critical
  Scenario Outline: Every setting of a picture made by <program> is read from <container>
    Given a picture made by <program> as <container> with
      | prompt          | a lighthouse in the fog, masterpiece |
      | negative prompt | blurry, text                         |
      | steps           | 28                                   |
      | guidance        | 6.5                                  |
      | seed            | 1234567890                           |
      | size            | 512×768                              |
    When the picture is analysed
    Then every one of these settings is read
    And it is told that the picture was made by <program>
    And no recipe was saved

    Examples: programs, and the files that they write
      | program            | container |
      | Automatic1111      | PNG       |
      | Automatic1111      | JPEG      |
      | Automatic1111      | WebP      |
      | Automatic1111      | AVIF      |
      | ComfyUI            | PNG       |
      | ComfyUI            | JPEG      |
      | ComfyUI            | WebP      |
      | ComfyUI            | AVIF      |
      | ComfyUI (workflow) | PNG       |
      | ComfyUI (workflow) | JPEG      |
      | ComfyUI (workflow) | WebP      |
      | ComfyUI (workflow) | AVIF      |
      | Civitai            | PNG       |
      | Civitai            | JPEG      |
      | Civitai            | WebP      |
      | Civitai            | AVIF      |
      | SwarmUI            | PNG       |
      | SwarmUI            | JPEG      |
      | SwarmUI            | WebP      |
      | SwarmUI            | AVIF      |
      | InvokeAI           | PNG       |
      | InvokeAI           | JPEG      |
      | InvokeAI           | WebP      |
      | InvokeAI           | AVIF      |
      | Fooocus            | PNG       |
      | Fooocus            | JPEG      |
      | Fooocus            | WebP      |
      | Fooocus            | AVIF      |
      | NovelAI            | PNG       |
      | NovelAI            | JPEG      |
      | NovelAI            | WebP      |
      | NovelAI            | AVIF      |
      | Proofsheet         | PNG       |
      | Proofsheet         | JPEG      |
      | Proofsheet         | WebP      |
      | Proofsheet         | AVIF      |

  @severity.critical
  Scenario Outline: The <what> of a picture made by <program> is read
    Given a picture made by <program> as PNG with
      | prompt | a lighthouse in the fog |
      | seed   | 1234567890              |
      | <what> | <value>                 |
    When the picture is analysed
    Then every one of these settings is read

    Examples: what not every program knows
      | program       | what               | value          |
      | Automatic1111 | clip skip          | 2              |
      | Automatic1111 | denoising strength | 0.55           |
      | Automatic1111 | checkpoint         | dreamer        |
      | ComfyUI       | denoising strength | 0.55           |
      | ComfyUI       | checkpoint         | dreamer        |
      | Civitai       | clip skip          | 2              |
      | SwarmUI       | checkpoint         | dreamer        |
      | InvokeAI      | checkpoint         | dreamer        |
      | Fooocus       | checkpoint         | dreamer        |
      | Proofsheet    | clip skip          | 2              |
      | Proofsheet    | denoising strength | 0.55           |
      | Proofsheet    | checkpoint         | dreamer        |
      | Proofsheet    | base model         | Flux.1 Kontext |

  @severity.critical
  Scenario Outline: Every LoRA of a picture made by <program> is read with its strength
    Given a picture made by <program> as PNG with the LoRAs "neon-city 0.8, old-film -0.25, ink-wash 1"
    When the picture is analysed
    Then exactly the LoRAs "neon-city 0.8, old-film -0.25, ink-wash 1" are read

    Examples: every program that knows LoRAs
      | program            |
      | Automatic1111      |
      | ComfyUI            |
      | ComfyUI (workflow) |
      | Civitai            |
      | SwarmUI            |
      | InvokeAI           |
      | Fooocus            |
      | Proofsheet         |

  Scenario Outline: A photo's comment in <encoding> is read letter by letter
    Given a picture made by Automatic1111 as <container> in <encoding> with the prompt "<prompt>"
    When the picture is analysed
    Then the prompt is read word for word

    Examples: every way in which letters are written into photos
      | container | encoding | prompt                    |
      | JPEG      | UTF-16BE | 霧の中の灯台 🗼, a beacon |
      | JPEG      | UTF-16LE | 霧の中の灯台 🗼, a beacon |
      | JPEG      | UTF-8    | 霧の中の灯台 🗼, a beacon |
      | JPEG      | ASCII    | a beacon, by the sea      |
      | WebP      | UTF-16BE | 霧の中の灯台 🗼, a beacon |
      | WebP      | UTF-16LE | 霧の中の灯台 🗼, a beacon |
      | WebP      | UTF-8    | 霧の中の灯台 🗼, a beacon |
      | WebP      | ASCII    | a beacon, by the sea      |

  Scenario Outline: A prompt with <oddity> in a picture made by <program> is read word for word
    Given a picture made by <program> whose prompt holds <oddity>
    When the picture is analysed
    Then the prompt is read word for word
    And the seed is read as 1234567890

    Examples: what prompts may hold
      | program       | oddity                        |
      | Automatic1111 | colons and commas             |
      | Automatic1111 | several lines                 |
      | Automatic1111 | words that look like settings |
      | Automatic1111 | quotation marks               |
      | Automatic1111 | brackets of every kind        |
      | Automatic1111 | letters of many scripts       |
      | Automatic1111 | ten thousand letters          |
      | ComfyUI       | several lines                 |
      | ComfyUI       | words that look like settings |
      | ComfyUI       | quotation marks               |
      | ComfyUI       | letters of many scripts       |
      | SwarmUI       | words that look like settings |
      | InvokeAI      | words that look like settings |
      | Fooocus       | words that look like settings |
      | NovelAI       | words that look like settings |
      | Civitai       | words that look like settings |
      | Proofsheet    | words that look like settings |
      | Proofsheet    | brackets of every kind        |

  Scenario: A prompt may look like settings
    Given a picture made by Automatic1111 with the prompt
      """
      a sign that says "Steps: 20, Seed: 7"
      Steps: lead up to it: slowly
      """
    When the picture is analysed
    Then the prompt is read word for word

  @severity.critical
  Scenario Outline: What two programs wrote into one picture is read alike in either order: <one>, <other>
    Given a picture into which <one> and then <other> have written
    And a picture into which <other> and then <one> have written
    When both pictures are analysed
    Then the same is read from both
    And the settings that are read are those of one program, every one of them

    Examples: programs whose words meet in one file
      | one           | other      |
      | Automatic1111 | ComfyUI    |
      | Automatic1111 | InvokeAI   |
      | ComfyUI       | SwarmUI    |
      | ComfyUI       | Proofsheet |
      | Automatic1111 | NovelAI    |

  Scenario: A picture without settings says so
    Given a picture without settings
    When the picture is analysed
    Then it is told that the picture holds no settings

  @needs.own-studio
  Scenario: A picture is analysed by its address, and nothing of it is kept
    Given a picture made by Automatic1111 is on offer in the net
    When the picture at that address is analysed
    Then every one of these settings is read
    And no recipe was saved

  @severity.blocker @needs.own-studio
  Scenario Outline: <what> is never read for an address
    Given a picture made by Automatic1111 is on offer in the net
    And the recipe "Foggy lighthouse" is saved
    When <what> is to be analysed
    Then it is refused because "<why>"
    And nothing of the studio's disk is told

    Examples: what an address must not reach
      | what                               | why     |
      | a picture on the studio's own disk | address |
      | a file of the studio's own disk    | address |
      | a page in the net                  | picture |

  Scenario Outline: <what> is refused as a picture
    Given <what> instead of a picture
    When the picture is analysed
    Then it is refused because "<why>"
    And no recipe was saved

    Examples: what people upload by mistake
      | what                             | why     |
      | an empty file                    | empty   |
      | a web page                       | picture |
      | half a picture                   | picture |
      | a picture of far too many pixels | pixels  |
      | a picture of far too many bytes  | bytes   |
