/** What a request carries to show who sends it. */
export interface Signature {
  readonly headers: Readonly<Record<string, string>>;
  /** Who that is, for the operator: "the Entra identity 4c2f…". Errors and logs show it, so it is never a secret. */
  readonly by: string;
}

/** How requests to one target are signed. What kinds of tokens there are is not the protocol's affair. */
export interface ScimAuthorization {
  /**
   * The signature for one request, or for one more try of it: the target answered 401 to all of `refused`, the last
   * of them just now. Undefined when there is nothing else to try. Keeping tokens, and sharing what many callers wait
   * for, is the implementation's part.
   *
   * @throws ScimCredentialError when there is nothing to sign with.
   */
  sign(refused: readonly Signature[]): Promise<Signature | undefined>;
}
