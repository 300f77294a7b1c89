/** The address of a file that the bundler places beside the page. */
declare module "*.svg" {
  const address: string;
  export default address;
}
