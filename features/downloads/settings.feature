Feature: A studio is set while it works
  For whoever runs a studio and will not stop it for a slower line or a new key. A setting
  that is taken and not kept, or half taken, is found out at night.

  @severity.critical @needs.own-studio
  Scenario Outline: The <setting> can be set to <value>, and stays so after a restart
    Given the studio is running
    When the <setting> is set to <value>, and the studio is restarted
    Then the <setting> is <value>
    And no other setting has changed

    Examples: every one, at a limit or beyond its usual value
      | setting               | value        |
      | number of downloads   | 16           |
      | number of connections | 1            |
      | speed limit           | 2 MB         |
      | free space to keep    | 1 GB         |
      | safe mode             | on           |
      | order of folders      | {base_model} |

  @severity.critical @needs.own-studio
  Scenario Outline: The <setting> cannot be set to <value>
    Given the studio is running
    When the <setting> is set to <value>
    Then it is refused because "<field>"
    And no setting has changed

    Examples: beyond the limits, and what makes no sense
      | setting               | value     | field       |
      | number of downloads   | 0         | concurrency |
      | number of downloads   | 17        | concurrency |
      | number of connections | 0         | connections |
      | number of connections | many      | connections |
      | speed limit           | -1        | speed_limit |
      | order of folders      | {no_such} | template    |
      | colour of the window  | red       | colour      |

  @severity.critical @needs.own-studio
  Scenario: One wrong setting refuses the others with it
    Given the studio is running
    When these settings are made
      | number of downloads   | 5 |
      | number of connections | 0 |
    Then it is refused because "connections"
    And no setting has changed

  @severity.blocker @needs.own-studio
  Scenario: A key is told nowhere, only that there is one
    Given the studio is running
    When the key for "hub.example" is set to "lighthouse"
    Then there is a key for "hub.example"
    And the key "lighthouse" is told nowhere
    And no other setting has changed

  @severity.critical @needs.own-studio
  Scenario: A key that was taken away is gone
    Given the key for "hub.example" is "lighthouse"
    When the key for "hub.example" is taken away
    Then there is no key for "hub.example"
    And nothing on the disk holds "lighthouse"

  @needs.own-studio
  Scenario: A library that moves gets the next models
    Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
    And the LoRAs are kept in another folder from now on
    When "neon-city.safetensors" is downloaded
    Then "neon-city.safetensors" is complete
    And "neon-city.safetensors" is stored in that folder

  @severity.critical @needs.own-studio
  Scenario: No more connections are opened than were agreed
    Given a download may open 2 connections
    And the hub offers the LoRA "neon-city.safetensors" of 40 MB
    When "neon-city.safetensors" is downloaded
    Then "neon-city.safetensors" is complete
    And "neon-city.safetensors" came over at most 2 connections at once
