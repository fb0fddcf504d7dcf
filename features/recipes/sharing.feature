Feature: A recipe is given to others
  For artists who work together, and for whoever moves to another machine. A link that never ends
  tells too much; a book that arrives with a page missing was not moved.

  @severity.critical @needs.virtual-clock
  Scenario Outline: A link to a recipe opens <opens> <passed> after it was shared
    Given the studio's key is "lighthouse"
    And the holder of "lighthouse" has saved the recipe "Foggy lighthouse"
    And a link to "Foggy lighthouse" is shared
    And <passed> have passed
    When somebody without a key opens the link
    Then the link shows <opens>
    And no recipe has changed

    Examples: up to 300 seconds, and after them
      | passed      | opens       |
      | 2 seconds   | the picture |
      | 299 seconds | the picture |
      | 301 seconds | nothing     |

  @severity.critical
  Scenario: A link opens the recipe that was shared, and no other
    Given the recipe "Foggy lighthouse" is saved
    And the recipe "Something else" is saved
    And a link to "Foggy lighthouse" is shared
    When somebody opens the link with a sign changed
    Then the link shows nothing

  Scenario: A shared picture tells the recipe
    Given the recipe "Foggy lighthouse" is saved
    And a link to "Foggy lighthouse" is shared
    When somebody opens the link
    Then the link shows the picture
    And the picture behind the link tells the recipe "Foggy lighthouse"

  Scenario: A recipe's LoRAs are copied as words for a prompt
    Given the recipe "Foggy lighthouse" is saved with the LoRAs "neon-city 0.8, old-film -0.25, ink-wash 1"
    When the words for a prompt of "Foggy lighthouse" are asked for
    Then they are "<lora:neon-city:0.8> <lora:old-film:-0.25> <lora:ink-wash:1>"
    And no recipe has changed

  @severity.critical
  Scenario: A recipe is sent to be painted again, with its own settings
    Given a picture made by Automatic1111 with
      | prompt          | a red circle |
      | negative prompt | text         |
      | steps           | 7            |
      | guidance        | 2.5          |
      | seed            | 42           |
      | size            | 256×320      |
    And it is kept as the recipe "Red circle"
    When the recipe "Red circle" is sent to be painted
    Then a picture is painted with every one of these settings
    And it is told that the sampler is one that the painter does not have
    And no recipe has changed

  Rule: The whole book goes from one studio to another

    @severity.blocker @needs.own-studio
    Scenario: A book taken to another studio is whole there
      Given these recipes are saved
        | name     | prompt           | tags       | favourite | rating | folder       | source                    | LoRAs                       | base model     |
        | Beacon   | a beacon 🗼      | sea, night | yes       | 5      | trips        | https://gallery.example/1 | neon-city 0.8               | Flux.1 Kontext |
        | 灯台     | 霧の中の灯台     | 日本       | no        |        | trips/summer |                           | neon-city 0.5, old-film 0.8 |                |
        | Fountain | a quiet fountain |            | no        | 1      |              |                           |                             | SDXL 1.0       |
      And the book has been exported
      When the book is imported into another studio
      Then 3 recipes are told to be added
      And every recipe of the book is there, with everything that was known of it
      And every picture on the disk belongs to a recipe

    @severity.critical @needs.own-studio
    Scenario: A book imported again adds nothing
      Given 5 recipes are saved
      And the book has been exported
      When the book is imported
      Then no recipe is told to be added, and 5 are passed over
      And no recipe has changed

    @severity.critical @needs.own-studio
    Scenario: A deleted recipe comes back from an exported book, and nothing else changes
      Given 5 recipes are saved
      And the book has been exported
      And one of them was deleted, and the time to take it back has passed
      When the book is imported
      Then 1 recipe is told to be added, and 4 are passed over
      And no other recipe has changed

    @severity.blocker @needs.own-studio
    Scenario Outline: A book with <mischief> is refused, or that page alone
      Given the recipe "Something else" is saved
      When a book with <mischief> is imported
      Then nothing of <mischief> is taken in, and why is told as "<why>"
      And nothing is written outside the book
      And every picture on the disk belongs to a recipe
      And no recipe has changed

      Examples: what a book may hold to do harm
        | mischief                         | why            |
        | a page that climbs out           | leads out      |
        | a page for the root folder       | leads out      |
        | a page that grows absurdly       | times its size |
        | a picture of far too many pixels | pixels         |
        | a web page for a picture         | picture        |
        | a version from the future        | version        |
        | its second half missing          | archive        |
        | no archive at all                | archive        |
