Feature: What is deleted is gone, and for twenty seconds it can be taken back
  For artists who tidy up. What comes back by itself was never deleted; what cannot be taken back
  after a slip of the hand is lost for good.

  @severity.blocker @needs.own-studio
  Scenario Outline: A deleted recipe does not come back with <event>
    Given the recipe "Foggy lighthouse" is saved
    And the recipe "Something else" is saved
    And the recipe "Foggy lighthouse" was deleted, and the time to take it back has passed
    When there is <event>
    Then the recipe "Foggy lighthouse" is gone
    And nothing of it is left on the disk
    And no other recipe has changed

    Examples: what has brought deleted things back elsewhere
      | event                        |
      | a restart                    |
      | a scan of the library        |
      | a LoRA that gets a new name  |
      | a search for matching models |
      | a repair of all recipes      |

  @severity.critical
  Scenario: A deleted recipe is gone from everywhere at once
    Given the recipe "Foggy lighthouse" is saved
    And the recipe "Something else" is saved
    And a link to "Foggy lighthouse" is shared
    When the recipe "Foggy lighthouse" is deleted
    Then the recipe "Foggy lighthouse" is gone
    And the link shows nothing
    And no other recipe has changed

  Scenario: Whoever deletes a recipe is told for how long it can be taken back
    Given the recipe "Foggy lighthouse" is saved
    When the recipe "Foggy lighthouse" is deleted
    Then it is told that it can be taken back for 20 seconds

  @severity.critical @needs.virtual-clock
  Scenario Outline: <passed> after its deletion a recipe can be taken back, exactly as it was
    Given the recipe "Foggy lighthouse" is saved
    And the recipe "Foggy lighthouse" is deleted
    And <passed> have passed
    When the recipes are brought back
    Then the recipe "Foggy lighthouse" holds every setting of the picture
    And its picture is the same, pixel for pixel
    And no recipe has changed

    Examples: up to the last moment
      | passed     |
      | 2 seconds  |
      | 19 seconds |

  @severity.critical @needs.virtual-clock
  Scenario: After twenty seconds a deletion is for good
    Given the recipe "Foggy lighthouse" is saved
    And the recipe "Foggy lighthouse" is deleted
    And 21 seconds have passed
    When the recipes are brought back
    Then it is refused because "could be undone until"
    And the recipe "Foggy lighthouse" is gone
    And nothing of it is left on the disk

  @needs.virtual-clock
  Scenario: Twenty seconds after its deletion nothing is left of a recipe, without anybody asking
    Given the recipe "Foggy lighthouse" is saved
    And the recipe "Foggy lighthouse" is deleted
    When 21 seconds pass
    Then nothing of it is left on the disk

  @needs.virtual-clock
  Scenario: A deletion that a restart interrupts is finished
    Given the recipe "Foggy lighthouse" is saved
    And the recipe "Foggy lighthouse" is deleted
    When the studio is restarted after 21 seconds
    Then the recipe "Foggy lighthouse" is gone
    And nothing of it is left on the disk

  Scenario: Recipes deleted together come back together
    Given these recipes are saved
      | name     |
      | Beacon   |
      | Fountain |
      | Harbour  |
    And "Beacon" and "Harbour" were deleted together
    When the recipes are brought back
    Then 2 recipes are told to be back
    And no recipe has changed

  Scenario: Of recipes that are to be deleted together, one that is not there spares the others
    Given the recipe "Foggy lighthouse" is saved
    When "Foggy lighthouse" is to be deleted together with a recipe that never was
    Then it is refused because "no recipe"
    And no recipe has changed

  Scenario: A deletion is taken back once
    Given the recipe "Foggy lighthouse" is saved
    And the recipe "Foggy lighthouse" is deleted
    And the recipes were brought back
    When the recipes are brought back
    Then it is refused because "nothing to undo"
    And no recipe has changed

  Scenario Outline: <what> that never was cannot be <done>
    Given the recipe "Foggy lighthouse" is saved
    When <what> that never was is <done>
    Then it is refused because "<why>"
    And no recipe has changed

    Examples: what is not there
      | what       | done       | why       |
      | a recipe   | opened     | no recipe |
      | a recipe   | deleted    | no recipe |
      | a recipe   | shared     | no recipe |
      | a recipe   | moved      | no recipe |
      | a deletion | taken back | no        |
