// One argument for a POSIX shell, whatever it holds: ssh hands its command to the shell of the other side as one text.

/** Fails for a NUL character: no argument of a program can hold one. */
export function quote(argument: string): string {
  if (argument.includes('\0')) throw new Error('an argument holds a NUL character');
  return `'${argument.replaceAll("'", "'\\''")}'`;
}
