Feature: Everybody sees how a download goes
  For artists who watch a long download, and for the tools that wait for it. Without one
  clear end, people start a second download or wait for ever.

  @severity.critical
  Scenario: Listeners hear a download from its first moment to its one end
    Given the hub offers the LoRA "neon-city.safetensors" of 4 MB
    And somebody listens to the downloads
    When "neon-city.safetensors" is downloaded
    Then the listeners hear that "neon-city.safetensors" was
      | what      |
      | queued    |
      | started   |
      | verifying |
      | completed |
    And it is in the library then

  @needs.virtual-clock
  Scenario: Progress is told while a download runs, and only grows
    Given the hub offers the LoRA "neon-city.safetensors" of 4 MB
    And somebody listens to the downloads
    And "neon-city.safetensors" is half downloaded
    When the hub goes on with "neon-city.safetensors" after 3 seconds
    Then "neon-city.safetensors" is complete
    And its progress was told more than once and only grew

  Scenario: A failed download is failed everywhere
    Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
    And the hub publishes a wrong checksum for "neon-city.safetensors"
    And somebody listens to the downloads
    When "neon-city.safetensors" is downloaded
    Then the download of "neon-city.safetensors" fails
    And the listeners hear of one end of "neon-city.safetensors", that it failed
    And the list of downloads shows "neon-city.safetensors" as failed

  Scenario: Two who want the same model share one download
    Given the hub offers the LoRA "neon-city.safetensors" of 1 MB
    And "neon-city.safetensors" is half downloaded
    When "neon-city.safetensors" is asked for once more
    Then "neon-city.safetensors" is downloaded only once
    And the hub has sent each byte of "neon-city.safetensors" once
