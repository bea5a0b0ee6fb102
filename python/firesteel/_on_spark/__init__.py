"""What goes along to Apache Spark when `firesteel submit` hands a program over: the module in this folder.

Invariant: nothing here is imported by Firesteel itself.
"""
