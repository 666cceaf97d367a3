/** What an instance of DefectDojo can do, told by its list of resources rather than by its version number. */
export interface Edition {
  /** `close/` takes the note in the same call (2.56 and later). */
  readonly closesWithNote: boolean
  /** 3.x with locations. */
  readonly locations: boolean
}
