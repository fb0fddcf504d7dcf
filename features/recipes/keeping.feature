Feature: Recipes are kept, and found again
  For artists whose recipes are their memory. A recipe that changes when it is saved, or is
  not found, was never saved.

  @severity.blocker
  Scenario: A saved recipe is opened exactly as it was
    Given a picture made by Automatic1111 with the prompt
      """
      a lighthouse in the fog, 50% grey, <lora:neon-city:0.8>
      """
    When it is saved as the recipe "Foggy lighthouse"
    Then the recipe "Foggy lighthouse" holds every setting of the picture
    And its picture is the same, byte for byte

  @needs.own-studio
  Scenario: A recipe survives a restart
    Given the recipe "Foggy lighthouse" is saved
    When the studio is restarted
    Then the recipe "Foggy lighthouse" holds every setting of the picture
    And its picture is the same, byte for byte

  Scenario Outline: A recipe is found by <words>
    Given the recipe "Foggy lighthouse" is saved with the prompt "<prompt>"
    And the recipe "Something else" is saved
    When recipes are searched for "<words>"
    Then "Foggy lighthouse" is found
    And "Something else" is not found

    Examples: words with the signs that people use
      | words      | prompt                        |
      | beacon     | an old beacon by the sea      |
      | BEACON sea | an old beacon by the sea      |
      | 50%        | a beacon, 50% grey            |
      | v1.5       | a beacon in the style of v1.5 |
      | girl's     | a girl's beacon               |
      | cafe       | a café by the sea             |
      | CAFÉ       | a cafe by the sea             |
      | 日本       | 日本の灯台                    |

  @needs.own-studio
  Scenario: A deleted recipe never comes back
    Given the recipe "Foggy lighthouse" is saved
    And the recipe "Foggy lighthouse" is deleted
    When the studio is restarted
    Then the recipe "Foggy lighthouse" is gone
    And nothing of it is left on the disk

  Scenario: Saving what is no picture leaves nothing
    Given a web page instead of a picture
    When it is saved as the recipe "Foggy lighthouse"
    Then it is refused because "picture"
    And no recipe was saved
