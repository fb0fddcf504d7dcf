Feature: A busy hub is waited for
  For artists who start a download and go for lunch. Hubs ask for patience; a studio that
  gives up, or hammers on, comes back with nothing.

  @severity.critical @needs.virtual-clock
  Scenario Outline: The hub's own word is kept, told <how>
    Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
    And the hub is <trouble> for 2 minutes, told <how>
    When "neon-city.safetensors" is downloaded
    Then "neon-city.safetensors" waits for 2 minutes
    And the hub was asked for "neon-city.safetensors" once

    Examples: both of the hub's words, in both of their forms
      | trouble      | how        |
      | busy         | in seconds |
      | out of order | as a date  |

  @needs.virtual-clock
  Scenario Outline: After <passed> of a wait of 2 minutes a download is <state>
    Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
    And "neon-city.safetensors" waits 2 minutes for the busy hub
    When <passed> pass
    Then "neon-city.safetensors" is <state>
    And the hub was asked for "neon-city.safetensors" <times>

    Examples: on both sides of the hub's word
      | passed      | state    | times |
      | 119 seconds | waiting  | once  |
      | 120 seconds | complete | twice |

  @needs.virtual-clock
  Scenario: Listeners are told of a wait, how long it is and why
    Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
    And somebody listens to the downloads
    And "neon-city.safetensors" waits 2 minutes for the busy hub
    When 120 seconds pass
    Then "neon-city.safetensors" is complete
    And the listeners heard of a wait of 2 minutes for "neon-city.safetensors", because "busy"

  @severity.critical @needs.own-studio
  Scenario: A wait of a moment ends by itself, by the real clock, too
    Given the studio lives by the real clock
    And the hub offers the LoRA "neon-city.safetensors" of 300 KB
    And the hub fails for "neon-city.safetensors" once
    When "neon-city.safetensors" is downloaded
    Then "neon-city.safetensors" is complete
    And the hub was asked for "neon-city.safetensors" twice

  Rule: What may pass is tried again, a bounded number of times

    @severity.critical @needs.virtual-clock
    Scenario Outline: A hub that <trouble> once is asked again
      Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
      And the hub <trouble> for "neon-city.safetensors" once
      When "neon-city.safetensors" is downloaded, and every wait passes
      Then "neon-city.safetensors" is complete
      And the library holds "neon-city.safetensors" byte for byte
      And the hub was asked for "neon-city.safetensors" twice

      Examples: what passes
        | trouble         |
        | fails           |
        | is out of order |
        | is overrun      |
        | breaks off      |
        | keeps silent    |

    @severity.critical @needs.virtual-clock
    Scenario: Each wait is about twice as long as the one before, until the hub is given up
      Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
      And somebody listens to the downloads
      And the hub fails every time it is asked for "neon-city.safetensors"
      When "neon-city.safetensors" is downloaded, and every wait passes
      Then the download of "neon-city.safetensors" fails because "given up after 5 attempts"
      And the listeners heard of four waits for "neon-city.safetensors", each about twice as long as the one before
      And the hub was asked for "neon-city.safetensors" five times

    @needs.virtual-clock
    Scenario: What is given up leaves nothing
      Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
      And "neon-city.safetensors" is paused after 100 KB
      And the hub fails every time it is asked for "neon-city.safetensors"
      When "neon-city.safetensors" is resumed, and every wait passes
      Then the download of "neon-city.safetensors" fails because "given up after 5 attempts"
      And nothing of "neon-city.safetensors" is kept
      And nothing else has changed

    @severity.critical @needs.virtual-clock
    Scenario: A hub that breaks off again and again is not given up while bytes arrive
      Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
      And the hub's connection breaks seven times before "neon-city.safetensors" is whole, each time a little later
      When "neon-city.safetensors" is downloaded, and every wait passes
      Then "neon-city.safetensors" is complete
      And the library holds "neon-city.safetensors" byte for byte

    @severity.critical @needs.own-studio
    Scenario: A connection that falls silent is noticed, by the real clock
      Given the studio lives by the real clock
      And a connection may be silent for 300 milliseconds
      And the hub offers the LoRA "neon-city.safetensors" of 4 MB
      And the hub falls silent after 1 MB of "neon-city.safetensors"
      When "neon-city.safetensors" is downloaded
      Then "neon-city.safetensors" is complete
      And the hub has sent each byte of "neon-city.safetensors" once
