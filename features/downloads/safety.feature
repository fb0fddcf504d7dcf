Feature: A download can do no harm
  For whoever opens a studio to others, or fetches what strangers have uploaded. A file in the
  wrong folder, or a key in the wrong hands, is worse than no model.

  Rule: Nothing is stored outside the library

    @severity.blocker @needs.own-studio
    Scenario Outline: A file that calls itself <name> stays inside
      Given the hub offers "strange" of 200 KB, whose file is called <name>
      When the hub's version of "strange" is downloaded
      Then "strange" is stored inside the library, or refused
      And nothing else has changed

      Examples: names that lead elsewhere
        | name                          |
        | "../../evil.safetensors"      |
        | "/tmp/evil.safetensors"       |
        | "C:/Windows/evil.safetensors" |
        | "CON.safetensors"             |
        | ".safetensors"                |
        | "evil<>?.safetensors"         |

    @severity.blocker @needs.own-studio
    Scenario Outline: The folder <folder> is refused
      Given the hub offers the LoRA "neon-city.safetensors" of 200 KB
      When "neon-city.safetensors" is downloaded into <folder>
      Then it is refused because "relative_path"
      And the hub was never asked for "neon-city.safetensors"
      And nothing else has changed

      Examples: folders that lead elsewhere
        | folder       |
        | "../outside" |
        | "a/../../b"  |
        | "/tmp"       |
        | "C:/Windows" |
        | "~/outside"  |

    @severity.critical @needs.own-studio
    Scenario Outline: A model made for <base model> is stored inside
      Given models are stored by base model and first tag
      And the hub offers the LoRA "neon-city.safetensors" of 200 KB for <base model>, tagged "../.."
      When the hub's version of "neon-city.safetensors" is downloaded
      Then "neon-city.safetensors" is complete
      And "neon-city.safetensors" is stored inside the library, or refused
      And nothing else has changed

      Examples: what strangers may have typed
        | base model |
        | "../../.." |
        | "/etc"     |
        | "NUL"      |

    @severity.critical @needs.own-studio
    Scenario: A folder that is a link elsewhere is not followed
      Given the hub offers the LoRA "neon-city.safetensors" of 200 KB
      And "styles" in the LoRA folder is a link to a folder outside
      When "neon-city.safetensors" is downloaded into "styles"
      Then nothing was stored outside the library

  Rule: A package is unpacked whole and flat, or not at all

    @severity.critical @needs.own-studio
    Scenario Outline: Every model of a <form> lands in the library
      Given the hub offers "bundle" as a <form> with these models
        | name                           | size   |
        | styles/neon-city.safetensors   | 200 KB |
        | old/films/old-film.safetensors | 300 KB |
      When the hub's version of "bundle" is downloaded
      Then "bundle" is complete
      And the library lists "neon-city.safetensors"
      And the library lists "old-film.safetensors"
      And nothing else has changed

      Examples: the usual packages
        | form        |
        | zip archive |
        | tar archive |

    @severity.blocker @needs.own-studio
    Scenario Outline: A package with <what> is refused as a whole
      Given the hub offers "bundle" as an archive with a model and <what>
      When the hub's version of "bundle" is downloaded
      Then the download of "bundle" fails
      And the library does not list "neon-city.safetensors"
      And nothing was stored outside the library
      And nothing else has changed

      Examples: what packages hold to do harm
        | what                       |
        | a file that climbs out     |
        | a file for the root folder |
        | a link                     |
        | a file that grows absurdly |
        | a damaged model            |
        | no end                     |

  Rule: A key goes only where it belongs

    @severity.blocker @needs.own-studio
    Scenario: A key opens what its host keeps for those who sign in
      Given the hub offers the LoRA "neon-city.safetensors" of 200 KB
      And the hub gives "neon-city.safetensors" only to a holder of "lighthouse"
      And the key for the hub is "lighthouse"
      When "neon-city.safetensors" is downloaded
      Then "neon-city.safetensors" is complete
      And the key "lighthouse" is told nowhere

    @severity.blocker @needs.own-studio
    Scenario: A key does not follow to another host
      Given the hub offers the LoRA "neon-city.safetensors" of 200 KB
      And the key for the hub is "lighthouse"
      And the hub keeps "neon-city.safetensors" on another host
      When "neon-city.safetensors" is downloaded
      Then "neon-city.safetensors" is complete
      And only the hub itself was shown the key "lighthouse"

  Rule: Only public addresses, only by the web's own ways

    @severity.critical @needs.own-studio
    Scenario: A model from inside the studio's own network is refused
      Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
      And downloads from private addresses are not allowed
      When "neon-city.safetensors" is downloaded
      Then the download of "neon-city.safetensors" fails because "is on a private network"
      And the hub was never asked for "neon-city.safetensors"

    @severity.critical
    Scenario Outline: The address <address> is refused
      When the address <address> is to be downloaded
      Then it is refused because "only http and https"

      Examples: other ways to a file
        | address                              |
        | "file:///etc/passwd"                 |
        | "ftp://hub.example/neon.safetensors" |
        | "neon-city.safetensors"              |

    @severity.critical
    Scenario: A redirect to a file of the studio's own is not followed
      Given the hub offers the LoRA "neon-city.safetensors" of 300 KB
      And the hub redirects "neon-city.safetensors" to "file:///etc/passwd"
      When "neon-city.safetensors" is downloaded
      Then the download of "neon-city.safetensors" fails because "only http and https"
      And nothing of "neon-city.safetensors" is kept
