Feature: A busy hub is waited for
  For artists who start a download and go for lunch. Hubs ask for patience; a studio that
  gives up, or hammers on, comes back with nothing.

  @needs.virtual-clock
  Scenario: The hub's own word is kept
    Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
    And the hub is busy for 2 minutes
    When "neon-city.safetensors" is downloaded
    Then "neon-city.safetensors" waits for 2 minutes

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
  Scenario: A hub that breaks off every time is given up
    Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
    And instead of "neon-city.safetensors" the hub sends half of the file
    When "neon-city.safetensors" is downloaded, and every wait passes
    Then the download of "neon-city.safetensors" fails because "given up after 5 attempts"
    And the hub was asked for "neon-city.safetensors" five times
    And nothing of "neon-city.safetensors" is kept

  @needs.virtual-clock
  Scenario: A waiting download can be cancelled at once
    Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
    And "neon-city.safetensors" waits 2 minutes for the busy hub
    When "neon-city.safetensors" is cancelled
    Then "neon-city.safetensors" is cancelled
    And nothing of "neon-city.safetensors" is kept

  Scenario: What has ended cannot be cancelled
    Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
    And "neon-city.safetensors" has been downloaded
    When "neon-city.safetensors" is cancelled
    Then it is refused because "completed"
    And the library holds "neon-city.safetensors" byte for byte
