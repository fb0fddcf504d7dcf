Feature: Several libraries, of which one is open
  For artists who keep work and play apart. What one library knows must not show in the other,
  and nothing may be in two at once.

  @severity.critical @needs.own-studio
  Scenario: Only the models of the open library are there
    Given the LoRA "neon-city.safetensors" is in the library
    And a library "play", in which "old-film.safetensors" lies
    When the library "play" is opened
    Then "old-film.safetensors" is found everywhere
    And "neon-city.safetensors" is found nowhere
    And the libraries are "default, play", and "play" is open

  @severity.critical @needs.own-studio
  Scenario: Two libraries never mix up what they know
    Given the LoRA "neon-city.safetensors" is in the library with
      | tags      | work |
      | favourite | yes  |
    And a library "play", in which another "neon-city.safetensors" lies
    When the library "play" is opened
    Then "another neon-city.safetensors" is found everywhere
    And "another neon-city.safetensors" is told with
      | tags      |    |
      | favourite | no |
    And "neon-city.safetensors" is found nowhere
    And no two share a name

  @severity.critical @needs.own-studio
  Scenario: Whoever comes back finds everything as it was
    Given the LoRA "neon-city.safetensors" is in the library with
      | tags      | work |
      | favourite | yes  |
    And a library "play", in which "old-film.safetensors" lies
    And the library "play" was opened
    When the library "default" is opened
    Then "neon-city.safetensors" is found everywhere
    And "neon-city.safetensors" is told with
      | tags      | work |
      | favourite | yes  |
    And "old-film.safetensors" is found nowhere

  @needs.own-studio
  Scenario: The library that was open is open after a restart
    Given the LoRA "neon-city.safetensors" is in the library
    And a library "play", in which "old-film.safetensors" lies
    And the library "play" was opened
    When the studio is restarted
    Then the libraries are "default, play", and "play" is open
    And "old-film.safetensors" is found everywhere
    And "neon-city.safetensors" is found nowhere

  @severity.critical @needs.own-studio
  Scenario: A download goes into the library that is open
    Given the hub offers the LoRA "ink-wash.safetensors" of 200 KB
    And a library "play", in which "old-film.safetensors" lies
    And the library "play" was opened
    When "ink-wash.safetensors" is downloaded
    Then "ink-wash.safetensors" is complete
    And "ink-wash.safetensors" lies in the folder of "play"

  @severity.critical @needs.own-studio
  Scenario Outline: A library <place> is refused
    Given the LoRA "neon-city.safetensors" is in the library
    When a library "play" is made <place>
    Then it is refused because "roots"
    And the libraries are "default", and "default" is open
    And no model has changed

    Examples: folders that another library has, or that are none
      | place                                   |
      | where the LoRAs lie                     |
      | in a folder of the LoRAs                |
      | above the LoRAs                         |
      | where the checkpoints lie               |
      | in a folder that is a link to the LoRAs |
      | in a file                               |
      | somewhere below                         |

  @needs.own-studio
  Scenario: A name that another library has is refused
    Given a library "play", in which "old-film.safetensors" lies
    When another library "play" is made
    Then it is refused because "play"
    And the libraries are "default, play", and "default" is open

  @needs.own-studio
  Scenario: A library that does not exist is not opened
    Given the LoRA "neon-city.safetensors" is in the library
    When the library "nowhere" is opened
    Then it is refused because "nowhere"
    And the libraries are "default", and "default" is open
    And "neon-city.safetensors" is found everywhere

  @severity.critical @needs.own-studio
  Scenario: A library that is taken away leaves its files
    Given the LoRA "neon-city.safetensors" is in the library
    And a library "play", in which "old-film.safetensors" lies
    When the library "play" is taken away
    Then the libraries are "default", and "default" is open
    And "old-film.safetensors" lies on the disk, with all that belongs to it
    And no model has changed

  @severity.critical @needs.own-studio
  Scenario: The library that is open is not taken away
    Given the LoRA "neon-city.safetensors" is in the library
    And a library "play", in which "old-film.safetensors" lies
    When the library "default" is taken away
    Then it is refused because "default"
    And the libraries are "default, play", and "default" is open
    And no model has changed
