Feature: What a picture says in an odd way is read all the same
  For artists whose pictures come from everywhere. Programs change, extensions add their own words,
  and people wire their graphs as they like; a reader that knows one way alone loses the rest.

  @severity.critical
  Scenario Outline: A LoRA that is noted as <how> is read
    Given a picture whose text notes the LoRA "neon-city 0.8" as <how>
    When the picture is analysed
    Then exactly the LoRAs "neon-city 0.8" are read
    And the LoRA is known by <known>

    Examples: the ways of the web UI, its extensions and ComfyUI's savers
      | how                    | known                  |
      | a tag alone            | its name alone         |
      | a list of hashes       | its hash               |
      | a table of hashes      | its hash               |
      | a numbered entry       | its hash               |
      | a resource of its hub  | its version at the hub |
      | a resource's full name | its version at the hub |

  @severity.critical
  Scenario Outline: A graph is read by its links: <how>
    Given a picture by a ComfyUI graph in which <how>, with
      | prompt          | a lighthouse in the fog |
      | negative prompt | blurry, text            |
      | steps           | 28                      |
      | guidance        | 3.5                     |
      | seed            | 1234567890              |
    When the picture is analysed
    Then every one of these settings is read

    Examples: as people wire them
      | how                                     |
      | every node is titled wrongly            |
      | the guidance is Flux's own              |
      | an encoder takes the prompt twice       |
      | the words come from a node of their own |
      | prompts are mixed before they are used  |
      | prompts are folded into a subgraph      |
