Feature: A deletion can be taken back for 20 seconds
  For artists whose finger slips. What comes back must be what was there, whole and under its name,
  and what has come meanwhile must not be lost for it.

  @severity.blocker @needs.virtual-clock @needs.own-studio
  Scenario: Within 20 seconds a deletion is taken back, and all is as it was
    Given the LoRA "styles/neon-city.safetensors" is in the library, with everything beside it
    And the recipe "Foggy lighthouse" is saved
    And "styles/neon-city.safetensors" was deleted
    When the deletion is taken back after 19 seconds
    Then "styles/neon-city.safetensors" is found everywhere
    And "styles/neon-city.safetensors" lies on the disk as it was, with all that belongs to it
    And the recipe "Foggy lighthouse" has "styles/neon-city.safetensors"

  @severity.critical @needs.own-studio
  Scenario: What was taken back is the model that it was
    Given the LoRA "neon-city.safetensors" is in the library with
      | tags      | night, city |
      | favourite | yes         |
    And "neon-city.safetensors" was deleted
    When the deletion is taken back
    Then no model has changed
    And "neon-city.safetensors" is the same model as before

  @severity.blocker @needs.virtual-clock @needs.own-studio
  Scenario: After 20 seconds it is too late
    Given the LoRA "neon-city.safetensors" is in the library, with everything beside it
    And the LoRA "old-film.safetensors" is in the library
    And "neon-city.safetensors" was deleted
    When the deletion is taken back after 21 seconds
    Then it is refused, because the time for it is over
    And "neon-city.safetensors" is found nowhere
    And no other model has changed

  @severity.critical @needs.own-studio
  Scenario: A deletion is not taken back over what has come meanwhile
    Given the LoRA "neon-city.safetensors" is in the library, with a sidecar beside it
    And "neon-city.safetensors" was deleted
    And another model was put where "neon-city.safetensors" was
    When the deletion is taken back
    Then it is refused, because the place is occupied
    And the other model lies where "neon-city.safetensors" was, and nothing beside it

  @severity.critical @needs.own-studio
  Scenario: Once there is room, a deletion can still be taken back
    Given the LoRA "neon-city.safetensors" is in the library, with everything beside it
    And "neon-city.safetensors" was deleted
    And another model, put where "neon-city.safetensors" was, has kept it from being taken back
    And that other model was taken away
    When the deletion is taken back
    Then "neon-city.safetensors" is found everywhere
    And "neon-city.safetensors" lies on the disk as it was, with all that belongs to it

  @severity.critical @needs.own-studio
  Scenario: Several models are deleted with one wish, and come back with one
    Given the LoRA "neon-city.safetensors" is in the library, with a picture beside it
    And the LoRA "styles/old-film.safetensors" is in the library, with a sidecar beside it
    And "neon-city.safetensors" and "styles/old-film.safetensors" were deleted with one wish
    When the deletion is taken back
    Then "neon-city.safetensors" lies on the disk as it was, with all that belongs to it
    And "styles/old-film.safetensors" lies on the disk as it was, with all that belongs to it
    And no model has changed

  @severity.critical @needs.own-studio
  Scenario: If one of several cannot come back, none does
    Given the LoRA "neon-city.safetensors" is in the library, with a picture beside it
    And the LoRA "styles/old-film.safetensors" is in the library, with a sidecar beside it
    And "neon-city.safetensors" and "styles/old-film.safetensors" were deleted with one wish
    And another model was put where "neon-city.safetensors" was
    When the deletion is taken back
    Then it is refused, because the place is occupied
    And "styles/old-film.safetensors" is found nowhere

  @needs.own-studio
  Scenario: A deletion is taken back once
    Given the LoRA "neon-city.safetensors" is in the library
    And "neon-city.safetensors" was deleted
    And the deletion was taken back
    When the deletion is taken back
    Then it is refused because "nothing"
    And "neon-city.safetensors" is found everywhere

  @needs.own-studio
  Scenario: A deletion that nobody made is not taken back
    Given the LoRA "neon-city.safetensors" is in the library
    When a deletion that nobody made is taken back
    Then it is refused because "nothing"
    And no model has changed
