/** A text that is broken behind its @ first, where it does not fit: an e-mail address is read in its two halves. */
export function Breakable({ text }: { text: string }) {
  const half = text.lastIndexOf('@') + 1;
  if (half === 0) return text;
  return (
    <>
      {text.slice(0, half)}
      <wbr />
      {text.slice(half)}
    </>
  );
}
