/** Text from elsewhere as a terminal may show it: what could move the cursor or hide text is left out. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '')
}
