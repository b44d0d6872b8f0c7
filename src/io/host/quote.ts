// Quotes one argument for a POSIX shell: ssh passes its command to the remote shell as one text.

/** Fails for a NUL character, which no argument can contain. */
export function quote(argument: string): string {
  if (argument.includes('\0')) throw new Error('an argument holds a NUL character');
  return `'${argument.replaceAll("'", "'\\''")}'`;
}
