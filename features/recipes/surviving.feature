Feature: A save that is interrupted leaves all of a recipe, or nothing
  For whoever trips over the studio's cable. A recipe without its picture, or a picture that belongs
  to nothing, is found out years later, when it is wanted.

  @severity.blocker @needs.own-studio
  Scenario: A studio that is killed while recipes are saved keeps each whole, or not at all
    Given the studio may be killed
    When the studio is killed while recipes are saved one after the other, and started anew
    Then every recipe that was told to be saved is there, with every setting and its picture
    And every picture on the disk belongs to a recipe

  @severity.blocker @needs.own-studio
  Scenario: A studio that is killed between a picture and its recipe forgets the picture
    Given the studio may be killed
    And the recipe "Something else" is saved
    When the studio is killed once the picture of "Foggy lighthouse" is written and its recipe is not, and started anew
    Then "Foggy lighthouse" was never saved
    And every picture on the disk belongs to a recipe
    And no recipe has changed

  @severity.blocker @needs.own-studio
  Scenario: A studio that is killed while a recipe is changed keeps the old one, or the new one
    Given the studio may be killed
    And the recipe "Foggy lighthouse" is saved
    When the studio is killed while the title of "Foggy lighthouse" is changed again and again, and started anew
    Then the recipe "Foggy lighthouse" has one of these titles, and its picture tells the same
    And every picture on the disk belongs to a recipe

  @severity.critical @needs.own-studio
  Scenario: A recipe waits for a locked index, and is kept
    Given the recipe "Something else" is saved
    And somebody else has locked the index for a moment
    When the recipe "Foggy lighthouse" is saved meanwhile
    Then the recipe "Foggy lighthouse" holds every setting of the picture
    And every picture on the disk belongs to a recipe
    And no other recipe has changed

  @severity.critical @needs.own-disk
  Scenario Outline: A disk that <trouble> keeps nothing of a recipe, and says why
    Given the recipes lie on a disk of their own
    And the recipe "Something else" is saved
    And the disk of the recipes <trouble>
    When a picture of 300 KB is saved as the recipe "Foggy lighthouse"
    Then it is not kept because "<why>"
    And every picture on the disk belongs to a recipe
    And no recipe has changed

    Examples: what happens to disks
      | trouble            | why   |
      | is full            | space |
      | is write-protected | read  |

  @severity.critical @needs.own-disk
  Scenario: A full disk does not harm a recipe that is changed
    Given the recipes lie on a disk of their own
    And the recipe "Foggy lighthouse" is saved
    And the disk of the recipes is full
    When the title of "Foggy lighthouse" is changed to "Fog at noon"
    Then its picture is the same, pixel for pixel
    And the picture itself tells the recipe "Foggy lighthouse", whatever it is called now
    And every picture on the disk belongs to a recipe
