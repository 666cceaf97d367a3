/**
 * What a reader does not see, or a terminal acts on instead of showing it: controls, format characters and unassigned ones, line
 * breaks of Unicode's own, fillers. With the flag `g`, for `replace`; {@link hidesSomething} asks without its state.
 */
export const unseenCharacters = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

/** True when a text has such a character. */
export const hidesSomething = (text: string): boolean => text.search(unseenCharacters) !== -1
