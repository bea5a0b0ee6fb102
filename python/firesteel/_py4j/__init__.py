"""What a program means by `py4j` where there is no JVM: errors, collections, a gateway to ourselves.

The modules import each other as needed, and not here: the errors are at the bottom of everything else.
"""
