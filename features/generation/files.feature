Feature: Pictures come as the files that were asked for
  For artists who put pictures on pages and into mails, and want to make one again years
  later. A file of another kind is not shown; one without its settings is a dead end.

  Scenario Outline: A picture comes as <kind>
    When a picture of "a red circle" is made as <kind>
    Then the picture is a <kind> file
    And the picture measures 256×256

    Examples: every kind there is
      | kind |
      | PNG  |
      | JPEG |
      | WEBP |

  Scenario Outline: A lower quality makes a smaller <kind> file
    Given a picture of "a red circle" was made as <kind> with quality 95
    When a picture of "a red circle" is made as <kind> with quality 20
    Then the picture is a smaller file than before

    Examples: the kinds that have a quality
      | kind |
      | JPEG |
      | WEBP |

  Scenario: A picture carries its settings
    Given a picture of "a red circle" was made with seed 42
    When the picture is analysed
    Then the prompt is read as "a red circle"
    And the seed is read as 42

  @needs.negative-prompts
  Scenario Outline: A <kind> carries every setting that made it
    Given a picture was made as <kind> with
      | prompt          | a red circle, "Seed: 9", 50% |
      | negative prompt | text, a frame                |
      | true guidance   | 3                            |
      | steps           | 6                            |
      | guidance        | 4.5                          |
      | seed            | 4294967295                   |
      | size            | 320×256                      |
    When the picture is analysed
    Then these settings are read
      | prompt          | a red circle, "Seed: 9", 50% |
      | negative prompt | text, a frame                |
      | steps           | 6                            |
      | guidance        | 4.5                          |
      | seed            | 4294967295                   |
      | size            | 320×256                      |

    Examples: every kind there is
      | kind |
      | PNG  |
      | JPEG |
      | WEBP |

  Scenario: Each picture of several carries the seed that makes it again alone
    Given 3 pictures of "a red circle" were made with seed 42
    When the third picture is analysed
    Then the seed is read as 44

  Scenario: The picture of a job is kept as a recipe
    Given a job for "a red circle" has completed
    When its picture is saved as the recipe "Red circle"
    Then the recipe "Red circle" tells the settings of the job "a red circle"
