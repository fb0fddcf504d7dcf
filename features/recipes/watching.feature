Feature: A watched folder is read by itself
  For artists whose painter writes into a folder all night. What lies there in the morning is in
  the book, once, and still in the folder.

  @needs.own-studio
  Scenario: A picture that comes into the watched folder becomes a recipe
    Given a folder of the painter's is watched
    When a picture made by ComfyUI is laid into the watched folder
    Then it becomes a recipe with every one of these settings
    And it lies in the watched folder as it was

  @needs.own-studio
  Scenario: What is in the watched folder already, and no picture, adds nothing
    Given a folder of the painter's is watched
    And a picture made by ComfyUI was laid into the watched folder, and has become a recipe
    When the same picture, a text and one new picture are laid into the watched folder
    Then there are 2 recipes
    And no recipe has changed, and one is new

  @severity.critical @needs.own-studio
  Scenario: A deleted recipe stays deleted while its picture lies in the watched folder
    Given a folder of the painter's is watched
    And a picture made by ComfyUI was laid into the watched folder, and has become a recipe
    And that recipe was deleted, and the time to take it back has passed
    When the studio is restarted, and a new picture is laid into the watched folder
    Then there is 1 recipe
    And the recipe of the first picture is gone
