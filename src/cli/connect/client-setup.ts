/** What is known of one client: the lines a person pastes, and the file that holds its settings. */

export interface Connection {
  /** The gateway, without a path. */
  readonly url: string
  readonly key: string
}

export interface ClientSetup {
  /** As its makers write it. */
  readonly title: string
  /** Where the lines go. */
  readonly where: string
  /** What to paste. */
  lines(connection: Connection): string
  /** The settings file `--write` changes; null: the client keeps its settings where no file reaches. */
  readonly settings: SettingsFile | null
  /** What a person must do or know besides; null: nothing. */
  also(connection: Connection): string | null
}

export interface SettingsFile {
  /** Absolute path, given the home folder and the environment. */
  path(home: string, environment: NodeJS.ProcessEnv): string
  /**
   * The file's text with the connection in it. All else in it stays.
   *
   * @param before null: there is no file yet
   * @throws ConnectError where the text cannot be changed safely
   */
  merged(before: string | null, connection: Connection): string
}
