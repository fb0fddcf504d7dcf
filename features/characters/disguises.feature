Feature: What only calls itself a picture is not taken
  For whoever opens a studio to others. A web page that is shown as a picture steals keys; a
  picture that unfolds to a hundred times its size takes the whole studio down.

  @severity.blocker
  Scenario Outline: <disguise> is not taken for a picture
    When <disguise> is uploaded as a picture
    Then it is refused because "<why>"
    And no reference picture has come or gone
    And the studio is still ready

    Examples: what is no picture at all
      | disguise                    | why   |
      | an empty file               | empty |
      | a web page                  | file  |
      | half a picture              | file  |
      | a drawing that is a program | file  |

    Examples: pictures of kinds that are not taken
      | disguise        | why  |
      | an animated GIF | file |
      | a bitmap        | file |

    Examples: pictures with more pixels than anybody can hold
      | disguise                                    | why    |
      | a picture that unfolds to 81 million pixels | pixels |
      | a picture that claims billions of pixels    | pixels |

    Examples: pictures that are something else as well
      | disguise                 | why  |
      | a web page behind a PNG  | file |
      | a web page behind a JPEG | file |
      | an archive behind a PNG  | file |
      | a document behind a JPEG | file |
      | an archive behind a WEBP | file |
