/** A nickname, isolated from the text direction around it. */
export function Nickname({ name }: { readonly name: string }) {
  return (
    <bdi class="nickname" translate={false}>
      {name}
    </bdi>
  );
}

/** Nicknames as elements, to be put into a sentence. */
export function nicknameElements(names: readonly string[]) {
  return names.map((name) => <Nickname key={name} name={name} />);
}
