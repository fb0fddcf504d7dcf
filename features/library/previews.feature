Feature: Models are told apart by their pictures
  For artists who choose by eye, and who sometimes are not alone. A preview of another model
  misleads; one that must not be seen is seen by everybody.

  @severity.critical @needs.own-studio
  Scenario Outline: <preview> beside a model is its preview
    Given the LoRA "neon-city.safetensors" is in the library, with <preview> beside it
    And the LoRA "old-film.safetensors" is in the library
    When the preview of "neon-city.safetensors" is asked for
    Then the preview of "neon-city.safetensors" is shown, as it lies on the disk
    And "old-film.safetensors" has no preview

    Examples: all kinds of pictures and films
      | preview           |
      | a picture         |
      | a small picture   |
      | a photo           |
      | a snapshot        |
      | a preview picture |
      | a film            |
      | a WebM film       |
      | a moving picture  |
      | an AVIF           |
      | a JPEG XL         |

  Rule: What is in one's hands is not sent again

    @needs.own-studio
    Scenario: A piece of a film is shown for itself
      Given the LoRA "neon-city.safetensors" is in the library, with a film beside it
      When of the preview of "neon-city.safetensors" the bytes from 100 to 199 are asked for
      Then exactly that piece of the preview of "neon-city.safetensors" comes

    @needs.own-studio
    Scenario: A piece past the end is refused
      Given the LoRA "neon-city.safetensors" is in the library, with a film beside it
      When of the preview of "neon-city.safetensors" a piece past its end is asked for
      Then it is told that the preview of "neon-city.safetensors" ends before

    @needs.own-studio
    Scenario: A preview that one holds already is not sent again
      Given the LoRA "neon-city.safetensors" is in the library, with a picture beside it
      When the preview of "neon-city.safetensors" is asked for by who holds it already
      Then the preview of "neon-city.safetensors" is not sent again

    @severity.critical @needs.own-studio
    Scenario: The rest of a preview that has changed is the whole new one
      Given the LoRA "neon-city.safetensors" is in the library, with a picture beside it
      When the preview of "neon-city.safetensors" has changed, and the rest of the old one is asked for
      Then the whole preview of "neon-city.safetensors" comes

  Rule: Previews are given and taken away

    @severity.critical @needs.own-studio
    Scenario: A preview that is given lies beside its model
      Given the LoRA "neon-city.safetensors" is in the library
      When "neon-city.safetensors" is given a preview
      Then the preview of "neon-city.safetensors" is shown, as it lies on the disk
      And "neon-city.safetensors" lies on the disk as it was, with all that belongs to it
      And no other model has changed

    @severity.critical @needs.own-studio
    Scenario: A new preview takes the old one's place
      Given the LoRA "neon-city.safetensors" is in the library, with a small picture beside it
      When "neon-city.safetensors" is given a preview
      Then the preview of "neon-city.safetensors" is shown, as it lies on the disk
      And no other model has changed

    @severity.critical @needs.own-studio
    Scenario Outline: <mistake> is refused as a preview
      Given the LoRA "neon-city.safetensors" is in the library, with a picture beside it
      When "neon-city.safetensors" is given <mistake> for a preview
      Then it is refused because "preview"
      And the preview of "neon-city.safetensors" is shown, as it lies on the disk
      And no model has changed

      Examples: what people choose by mistake
        | mistake        |
        | an empty file  |
        | a web page     |
        | half a picture |
        | a model        |

    @needs.own-studio
    Scenario: A preview that is taken away is gone
      Given the LoRA "neon-city.safetensors" is in the library, with a picture beside it
      When the preview of "neon-city.safetensors" is taken away
      Then "neon-city.safetensors" has no preview
      And the library holds "neon-city.safetensors" byte for byte
      And no other model has changed

  Rule: What is mature is seen only where that is wanted

    @severity.blocker @needs.own-studio
    Scenario: In safe mode a mature preview is hidden everywhere
      Given the LoRA "neon-city.safetensors" is in the library, with a mature preview
      And the LoRA "old-film.safetensors" is in the library, with a picture beside it
      When safe mode is turned on
      Then the preview of "neon-city.safetensors" is hidden everywhere
      And the preview of "old-film.safetensors" is shown, as it lies on the disk
      And "neon-city.safetensors" is found everywhere

    @severity.critical @needs.own-studio
    Scenario: Without safe mode a mature preview is shown
      Given the LoRA "neon-city.safetensors" is in the library, with a mature preview
      And safe mode was turned on
      When safe mode is turned off
      Then the preview of "neon-city.safetensors" is shown, as it lies on the disk

    @severity.critical @needs.own-studio
    Scenario: A preview that is called mature is hidden from then on
      Given the LoRA "neon-city.safetensors" is in the library, with a picture beside it
      And safe mode was turned on
      When of "neon-city.safetensors" is noted
        | mature | yes |
      Then the preview of "neon-city.safetensors" is hidden everywhere
